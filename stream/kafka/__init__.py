"""What our own broker is made of: Java, jars, settings, processes.

``stream.broker`` puts them together and starts it.
"""
