# drf_recording - importers of flight logs, traffic and scenarios into recordings (schemas/recording.md).
# SPDX-License-Identifier: Apache-2.0
__version__ = "0.1.0"
