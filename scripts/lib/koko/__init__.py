# SPDX-License-Identifier: GPL-3.0-or-later
"""Sites of kokod on loopback, for the demo and for tests that drive whole daemons."""
