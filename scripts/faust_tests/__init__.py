"""Faust's own tests, as its source distribution has them, with a lane in the app of every test.

lane_in_every_app   a plug-in of pytest, which runs in the tests' environment
command             makes that environment, runs the tests, and compares with stock Faust
"""
