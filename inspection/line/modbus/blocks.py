"""The blocks of both layouts: what the station tells of itself and of a piece, and what the PLC writes.

A number that is given away keeps its place: new ones go into what is left free, or behind.
"""

from inspection.line.modbus.registers import Bit, Block, Register, Shape

WORD, LONG, SIGNED, BITS = Shape.WORD, Shape.LONG, Shape.SIGNED, Shape.BITS
SELF_TEST = 0x1234_5678
"""What `self_test` reads if the reader puts 32-bit numbers together as the station takes them apart."""
VERSION = 1
"""Number of the map; it counts on when a number changes its place or meaning."""
OBJECTS = 2
"""Objects that are told with a result: those that broke a limit come first."""
_OBJECT_WORDS = 14
_FIRST_OBJECT = 36
KNOWN = ("trigger_id", "piece_id", "place_mm", "place_counts", "trigger_encoder")
"""What of a result is known, each a bit of `known`."""

STATUS = Block(
    "status",
    "How the station and the handshake are doing.",
    50,
    (
        Register(0, "self_test", LONG, "0x12345678 (305419896); anything else: the word order or the address is wrong"),
        Register(2, "map_version", WORD, f"{VERSION}; another one: get this table anew"),
        Register(
            3, "heartbeat", WORD, "counts 1 to 65535 ten times a second, then begins at 1; standing still: reject"
        ),
        Register(
            4,
            "flags",
            BITS,
            "what holds now",
            bits=(
                Bit(0, "online", "the station works for this line"),
                Bit(1, "ready", "online, and one more trigger can be taken in"),
                Bit(2, "busy", "a trigger waits for its piece"),
                Bit(3, "result_valid", "the result block is a result: set after its data, taken back before them"),
                Bit(4, "overrun", "the PLC is slower than the line: further results wait in the station's store"),
                Bit(5, "stop_request", "so many pieces in a row were not inspected that the line is to stop"),
                Bit(6, "error", "`error_id` holds an error"),
                Bit(7, "partner_away", "the PLC's heartbeat stands still"),
                Bit(8, "hold", "somebody holds the line"),
                Bit(9, "bypass", "the line runs unjudged for some minutes: all is uninspected"),
                Bit(10, "command_busy", "a command is being carried out"),
            ),
        ),
        Register(5, "offline_reason", WORD, "why it is not online: see below"),
        Register(6, "error_id", WORD, "the last error until `clear_error` changes: see below"),
        Register(7, "uninspected_in_a_row", WORD, "of the newest results"),
        Register(8, "trigger_answered", WORD, "`trigger_count` of the last trigger that was answered"),
        Register(9, "trigger_answer", WORD, "0: it was taken in; else an error"),
        Register(10, "command_answered", WORD, "`command_count` of the last command that was answered"),
        Register(11, "command_answer", WORD, "0: it was carried out; else an error"),
        Register(12, "acquisition_id", WORD, "counts triggers that were taken in, 1 to 65535, then begins at 1"),
        Register(13, "results_waiting", WORD, "results that were not acknowledged, those in the store included"),
        Register(
            14, "results_forced", LONG, "results that were read and not acknowledged in time, since the door's start"
        ),
        Register(16, "overruns", LONG, "how many times the buffer was full, since the door's start"),
        Register(18, "writes_refused", LONG, "writes that were answered with an exception, since the door's start"),
        Register(20, "accepted", LONG, "pieces since the station's start"),
        Register(22, "rejected", LONG, "pieces since the station's start"),
        Register(24, "uninspected", LONG, "pieces since the station's start"),
        Register(26, "late", LONG, "pieces that were decided after their deadline, since the station's start"),
        Register(28, "triggers_expired", LONG, "triggers that no result echoes, since the station's start"),
        Register(30, "last_sequence", LONG, "number of the newest result of the station"),
        Register(32, "store", LONG, "names the station's store; another one: numbers of results begin anew"),
        Register(34, "recipe", WORD, "number of the recipe in force; 0: it is not among the door's `recipes`"),
        Register(35, "change_step", WORD, "0 no change to come, 1 prepared, 2 confirmed, 3 coming with the roll"),
        Register(36, "recipe_hash_1", LONG, "bytes 1 to 4 of the SHA-256 of the recipe in force"),
        Register(38, "recipe_hash_2", LONG, "bytes 5 to 8"),
        Register(40, "model_hash_1", LONG, "bytes 1 to 4 of the SHA-256 of the model in force"),
        Register(42, "model_hash_2", LONG, "bytes 5 to 8"),
        Register(44, "change_hash_1", LONG, "bytes 1 to 4 of the SHA-256 of the recipe to come; 0: none"),
        Register(46, "change_hash_2", LONG, "bytes 5 to 8"),
        Register(48, "alarms", WORD, "alarms that somebody has still to deal with"),
        Register(49, "deadline", WORD, "time that a decision has; 0: not known yet", "ms"),
    ),
)


def _object(number: int) -> tuple[Register, ...]:
    at, name = _FIRST_OBJECT + _OBJECT_WORDS * (number - 1), f"object_{number}"
    return (
        Register(at, f"{name}_kind", WORD, "0 none; E01 is 1, S01 is 101, N01 is 201"),
        Register(at + 1, f"{name}_severity", WORD, "1 for S1 to 4 for S4, 5 for N"),
        Register(at + 2, f"{name}_guilty", WORD, "1: a reason is about it; 0: it lies within its limits"),
        Register(at + 3, f"{name}_lane", WORD, "lane of its centre, from 1; 0 none"),
        Register(at + 4, f"{name}_along", SIGNED, "place of its centre along the web", "0.1 mm"),
        Register(at + 6, f"{name}_across", SIGNED, "place of its centre from the drive side", "0.1 mm"),
        Register(at + 8, f"{name}_length", LONG, "longest extent", "µm"),
        Register(at + 10, f"{name}_width", LONG, "mean extent across that", "µm"),
        Register(at + 12, f"{name}_diameter", LONG, "diameter of the circle of the same area", "µm"),
    )


RESULT = Block(
    "result",
    "One result, held until it is acknowledged; all 0 while there is none.",
    70,
    (
        Register(0, "result_sequence", LONG, "number of the result; write it to `result_acknowledged`; 0: no result"),
        Register(2, "verdict", WORD, "1 accept, 2 reject, 3 uninspected (treat as reject); 0 no verdict (no accept)"),
        Register(3, "reason", WORD, "the first reason as a number; 0 for accept"),
        Register(4, "severity", WORD, "of the gravest reason: 1 for S1 to 4 for S4, 5 for N; 0 none"),
        Register(5, "lane", WORD, "lane that it is about, from 1; 0 the whole width"),
        Register(
            6,
            "known",
            BITS,
            "which of the numbers below are known; the others are 0",
            bits=(
                Bit(0, "knows_trigger_id", "`trigger_id`"),
                Bit(1, "knows_piece_id", "`piece_id`"),
                Bit(2, "knows_place", "`start` and `length`"),
                Bit(3, "knows_counts", "`start_counts` and `length_counts`"),
                Bit(4, "knows_trigger_encoder", "`trigger_encoder`"),
                Bit(5, "deadline_met", "it was decided in time"),
            ),
        ),
        Register(
            7, "inspection_id", WORD, "`acquisition_id` of the trigger that it echoes; 0: none, or of before a restart"
        ),
        Register(8, "trigger_id", LONG, "echo of the trigger; 0: none"),
        Register(10, "piece_id", LONG, "echo of the piece id; 0: none"),
        Register(12, "trigger_encoder", SIGNED, "echo of the encoder position that came with the trigger", "counts"),
        Register(14, "start", SIGNED, "leading edge of the piece along the web", "0.1 mm"),
        Register(16, "length", SIGNED, "length of the piece", "0.1 mm"),
        Register(18, "start_counts", SIGNED, "the same by the camera's encoder, modulo 2^32", "counts", wraps=True),
        Register(20, "length_counts", SIGNED, "the same", "counts", wraps=True),
        Register(22, "latency", WORD, "from the last line exposed to the decision", "ms"),
        Register(23, "cut", WORD, "what the piece is: 1 block, 2 lane, 3 sheet"),
        Register(24, "piece_number", LONG, "counts pieces since the station's start"),
        Register(26, "result_recipe_hash_1", LONG, "bytes 1 to 4 of the SHA-256 of the recipe that judged it"),
        Register(28, "result_recipe_hash_2", LONG, "bytes 5 to 8"),
        Register(30, "result_model_hash_1", LONG, "bytes 1 to 4 of the SHA-256 of the model that looked at it"),
        Register(32, "result_model_hash_2", LONG, "bytes 5 to 8"),
        Register(34, "reasons", WORD, "number of reasons"),
        Register(35, "objects", WORD, "number of objects that were measured"),
        *_object(1),
        *_object(2),
        Register(64, "result_sequence_again", LONG, "as at the start; another one: the block was read in the middle"),
    ),
)

ASKED = Block(
    "asked",
    "What the PLC writes. Counters ask for something when they change, to any number but 0; write them last, or all "
    "registers in one request.",
    20,
    (
        Register(0, "partner_heartbeat", WORD, "the PLC's sign of life: any number that changes"),
        Register(1, "clear_error", WORD, "a change clears `error_id`"),
        Register(2, "result_acknowledged", LONG, "`result_sequence` of the result that was taken; 0 says nothing"),
        Register(4, "trigger_count", WORD, "a change tells a trigger"),
        Register(5, "reserved", WORD, "write 0"),
        Register(6, "new_trigger_id", LONG, "id of the trigger; never 0, and none is sent twice"),
        Register(8, "new_piece_id", LONG, "id of its piece; 0: none"),
        Register(
            10,
            "encoder_position",
            SIGNED,
            "the PLC's encoder where the piece begins; told back with the result, and with `trigger_place` its place",
            "counts",
        ),
        Register(12, "command_count", WORD, "a change has `command` carried out"),
        Register(13, "command", WORD, "what is to be done: see below"),
        Register(14, "argument", LONG, "number of the recipe or roll"),
        Register(16, "hash_1", LONG, "for command 2: `change_hash_1`"),
        Register(18, "hash_2", LONG, "for command 2: `change_hash_2`"),
    ),
)

CONTROL = Block(
    "control",
    "Bits by which the PLC asks.",
    2,
    (
        Register(
            0,
            "control_0",
            BITS,
            "bytes 0 and 1",
            bits=(
                Bit(0, "trigger_enable", "triggers are taken in"),
                Bit(1, "trigger", "its rise tells a trigger"),
                Bit(2, "buffer_results_enable", "results are held until `results_ack`; else until they were read"),
                Bit(3, "results_ack", "its rise acknowledges what was read; no result is shown while it is set"),
                Bit(4, "execute_command", "its rise prepares and confirms the recipe whose number is in `job`"),
                Bit(7, "set_offline", "triggers are refused while it is set"),
            ),
        ),
        Register(
            1,
            "control_1",
            BITS,
            "bytes 2 and 3",
            bits=(
                Bit(0, "set_user_data", "its rise takes the piece id and the encoder position in for the next trigger"),
                Bit(1, "initiate_string_command", "no strings are understood: answered with an error"),
                Bit(2, "clear_error", "its rise clears the error"),
                Bit(3, "clear_exposure_complete", "its rise clears `exposure_complete`"),
            ),
        ),
    ),
)

CAMERA_STATUS = Block(
    "camera status",
    "Bits by which the station answers.",
    2,
    (
        Register(
            0,
            "status_0",
            BITS,
            "bytes 0 and 1",
            bits=(
                Bit(0, "trigger_ready", "a trigger would be taken in now"),
                Bit(1, "trigger_ack", "the trigger was taken in; until `trigger` falls"),
                Bit(3, "acquisition_error", "the last trigger was refused; until one is taken in"),
                Bit(4, "offline_reason_1", "why it is not online, lowest bit"),
                Bit(5, "offline_reason_2", "middle bit"),
                Bit(6, "offline_reason_4", "highest bit"),
                Bit(7, "online", "the station works for this line"),
                Bit(9, "inspection_completed", "changes with each result that is shown"),
                Bit(10, "buffer_overrun", "the PLC is slower than the line; nothing is lost, it waits in the store"),
                Bit(11, "results_valid", "the output is a result"),
                Bit(12, "command_executing", "a command is being carried out"),
                Bit(13, "command_completed", "it was carried out; until `execute_command` falls"),
                Bit(14, "command_failed", "it could not be; until `execute_command` falls"),
                Bit(15, "error", "the output's `error_id` holds an error"),
            ),
        ),
        Register(
            1,
            "status_1",
            BITS,
            "bytes 2 and 3",
            bits=(
                Bit(0, "set_user_data_ack", "the user data were taken in; until `set_user_data` falls"),
                Bit(2, "string_command_error", "until `initiate_string_command` falls"),
                Bit(3, "exposure_complete", "a trigger was taken in"),
                Bit(4, "job_pass", "`results_valid`, and the verdict is accept"),
            ),
        ),
    ),
)

INPUT = Block(
    "input",
    "Command and user data.",
    16,
    (
        Register(0, "job", WORD, "number of the recipe in the door's `recipes`"),
        Register(1, "new_piece_id", LONG, "id of the next trigger's piece; 0: none"),
        Register(
            3,
            "encoder_position",
            SIGNED,
            "the PLC's encoder where the piece begins; told back with the result, and with `trigger_place` its place",
            "counts",
        ),
    ),
)

OUTPUT_HEAD = 5
"""Words of the output before the results."""
OUTPUT = Block(
    "output",
    "Ids, result code, and from word 5 on the result.",
    OUTPUT_HEAD + RESULT.size,
    (
        Register(0, "recipe", WORD, "current job: number of the recipe in force; 0: not among the door's `recipes`"),
        Register(1, "error_id", WORD, "the last error: see below"),
        Register(2, "acquisition_id", WORD, "counts triggers that were taken in; set before `trigger_ack`"),
        Register(3, "head_inspection_id", WORD, "`acquisition_id` of the trigger that the result echoes"),
        Register(4, "result_code", WORD, "1 accept, 2 reject, 3 uninspected (treat as reject); 0 no verdict"),
        *(
            Register(OUTPUT_HEAD + each.offset, each.name, each.shape, each.meaning, each.unit, each.bits, each.wraps)
            for each in RESULT.registers
        ),
    ),
)
