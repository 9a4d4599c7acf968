# The daemon drains: between two commands there is a goodbye.
C: DATE
S: 111 *
shutdown
S: 400 *
closed
