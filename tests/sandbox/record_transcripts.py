"""``python -m tests.sandbox.record_transcripts`` asks a real Centrifugo v6 again and rewrites ``transcripts.json``."""

from __future__ import annotations

import json

from tests.sandbox.conftest import Transcripts
from tests.sandbox.test_transcripts import RECORD

if __name__ == "__main__":
    transcripts = Transcripts("v6").heard
    lines = [f"{json.dumps(name)}: {json.dumps(transcripts[name], sort_keys=True)}" for name in sorted(transcripts)]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
