#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A hundred runs of the simulation: in `make check`, with every sanitizer.
exec tests/sim/sim_run 1 100
