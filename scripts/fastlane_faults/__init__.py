"""Random fault schedules under load, for stock Faust and the lanes of ``stream.fastlane``.

schedule   a seed, and the fault that it stands for
record     what one variant did under one schedule, as a line of a file
command    runs them on a broker of its own and sums up the lines
"""
