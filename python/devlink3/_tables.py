# SPDX-License-Identifier: MIT
# Made from include/devlink3/tables/ by `make docs`; edit those.
"""The enumerations and rows of DevLink3."""
from dataclasses import dataclass
from typing import Optional

from ._base import Code, Flags, RecordRow, Row, describe

VERSION = "0.1.0"


class State(Code):
    """Call state."""

    IDLE = 0
    """No call."""
    RINGING = 1
    """Ringing."""
    CONNECTED = 2
    """Connected."""
    DISCONNECTING = 3
    """Being cleared."""
    DIALLING = 7
    """Dialling; for a phone, off hook with dial tone."""
    DIALED = 8
    """Digits are complete."""
    DIAL_INITIATED = 9
    """Dialling was started."""
    OFFERING = 15
    """An incoming call is being offered."""
    OVERLAP_RECEIVE = 16
    """Digits are being received one by one."""
    ACCEPT = 17
    """The call was accepted."""
    CONNECT_REQUEST = 18
    """Connection was asked for."""
    RINGBACK = 19
    """The far end is alerted."""
    OG_CONNECT_REQUEST = 20
    """Outgoing connection was asked for."""
    IC_DISCONNECTING = 21
    """An incoming call is being cleared."""
    SEIZED = 22
    """The line is seized."""
    COMPLETED = 23
    """Completed."""
    COMPLETED_TONE = 24
    """Completed, with a tone."""
    PRESERVED = 25
    """Kept up while its signalling is gone."""


describe(State, {
    0: ("idle", "No call."),
    1: ("ringing", "Ringing."),
    2: ("connected", "Connected."),
    3: ("disconnecting", "Being cleared."),
    7: ("dialling", "Dialling; for a phone, off hook with dial tone."),
    8: ("dialed", "Digits are complete."),
    9: ("dial_initiated", "Dialling was started."),
    15: ("offering", "An incoming call is being offered."),
    16: ("overlap_receive", "Digits are being received one by one."),
    17: ("accept", "The call was accepted."),
    18: ("connect_request", "Connection was asked for."),
    19: ("ringback", "The far end is alerted."),
    20: ("og_connect_request", "Outgoing connection was asked for."),
    21: ("ic_disconnecting", "An incoming call is being cleared."),
    22: ("seized", "The line is seized."),
    23: ("completed", "Completed."),
    24: ("completed_tone", "Completed, with a tone."),
    25: ("preserved", "Kept up while its signalling is gone."),
})


class Tone(Code):
    """Tone."""

    NONE = 0
    """No tone."""
    HOLD_MUSIC = 1
    """Music on hold."""
    RINGBACK = 2
    """Ringback tone."""
    DIAL = 3
    """Dial tone."""
    BUSY = 6
    """Busy tone."""


describe(Tone, {
    0: ("none", "No tone."),
    1: ("hold_music", "Music on hold."),
    2: ("ringback", "Ringback tone."),
    3: ("dial", "Dial tone."),
    6: ("busy", "Busy tone."),
})


class EquipmentClass(Code):
    """Equipment classification."""

    UNKNOWN = 1
    """Not known."""
    ISDN_TRUNK = 2
    """ISDN trunk."""
    ALOG_TRUNK = 3
    """Analogue trunk."""
    H323_TRUNK = 4
    """H.323 trunk."""
    SIP_TRUNK = 5
    """SIP trunk."""
    T1_TRUNK = 6
    """T1 trunk."""
    R2_TRUNK = 7
    """R2 trunk."""
    TDM_PHONE = 8
    """Digital or analogue phone."""
    H323_PHONE = 9
    """H.323 phone."""
    SIP_DEVICE = 10
    """SIP phone or application."""
    DECT_PHONE = 11
    """DECT phone."""
    VOICEMAIL = 12
    """Voicemail."""
    WAV_DRIVER = 13
    """Plays sound files."""
    ROUTER = 14
    """Data router."""
    DTE_PORT = 15
    """DTE port."""
    PARK_SLOT = 16
    """A call parked."""
    CONFERENCE = 17
    """Conference bridge."""
    PAGING_CONFERENCE = 18
    """Paging."""
    RECORDING_HANDLER = 19
    """Call recording."""
    S0_TRUNK = 20
    """S0 trunk."""
    MOBILE_PHONE = 21
    """Mobile twinning."""
    GHOST_HANDLER = 22
    """Ghost handler."""
    IPO_NOTIFICATION_HANDLER = 23
    """Notification handler."""
    ALARM_CALL = 24
    """Alarm call."""
    VOICE_SCREENING = 25
    """Voicemail screening."""
    CONFERENCE_RECORDER = 26
    """Conference recorder."""
    OUTDIALER = 27
    """Outbound dialler."""
    WEBRTC_PHONE = 28
    """WebRTC phone."""
    LISTEN_OR_COACH = 29
    """Silent listening or coaching."""
    CONFERENCE_MEET_ME = 30
    """Meet-me conference."""


describe(EquipmentClass, {
    1: ("unknown", "Not known."),
    2: ("isdn_trunk", "ISDN trunk."),
    3: ("alog_trunk", "Analogue trunk."),
    4: ("h323_trunk", "H.323 trunk."),
    5: ("sip_trunk", "SIP trunk."),
    6: ("t1_trunk", "T1 trunk."),
    7: ("r2_trunk", "R2 trunk."),
    8: ("tdm_phone", "Digital or analogue phone."),
    9: ("h323_phone", "H.323 phone."),
    10: ("sip_device", "SIP phone or application."),
    11: ("dect_phone", "DECT phone."),
    12: ("voicemail", "Voicemail."),
    13: ("wav_driver", "Plays sound files."),
    14: ("router", "Data router."),
    15: ("dte_port", "DTE port."),
    16: ("park_slot", "A call parked."),
    17: ("conference", "Conference bridge."),
    18: ("paging_conference", "Paging."),
    19: ("recording_handler", "Call recording."),
    20: ("s0_trunk", "S0 trunk."),
    21: ("mobile_phone", "Mobile twinning."),
    22: ("ghost_handler", "Ghost handler."),
    23: ("ipo_notification_handler", "Notification handler."),
    24: ("alarm_call", "Alarm call."),
    25: ("voice_screening", "Voicemail screening."),
    26: ("conference_recorder", "Conference recorder."),
    27: ("outdialer", "Outbound dialler."),
    28: ("webrtc_phone", "WebRTC phone."),
    29: ("listen_or_coach", "Silent listening or coaching."),
    30: ("conference_meet_me", "Meet-me conference."),
})


class EquipmentType(Code):
    """Equipment type."""

    ACCS = 162
    """Avaya Contact Center Select."""
    IPOCC = 163
    """IP Office Contact Center."""


describe(EquipmentType, {
    162: ("accs", "Avaya Contact Center Select."),
    163: ("ipocc", "IP Office Contact Center."),
})


class CalledType(Code):
    """Called type."""

    UNSPECIFIED = 0
    """Unspecified."""
    INTERNATIONAL = 1
    """International number."""
    NATIONAL = 2
    """National number."""
    NETWORK_SPECIFIC = 3
    """Network specific number."""
    SUBSCRIBER = 4
    """Subscriber number."""
    UNSPECIFIED_100 = 100
    """Unspecified."""
    INTERNAL = 101
    """Internal call."""
    VOICEMAIL = 102
    """To voicemail."""
    ACD = 103
    """ACD."""
    PAGING = 104
    """Paging."""
    DIRECT = 105
    """Direct."""
    INTRUDE = 106
    """Intrusion."""
    PRIORITY = 107
    """Priority."""
    PICKUP = 108
    """Pick-up."""
    CAMP_ON = 109
    """Camp-on."""
    STEAL = 110
    """Call steal."""
    WHISPER = 111
    """Whisper."""
    INCLUSION = 112
    """Inclusion; the name is uncertain."""
    COVERAGE = 113
    """Coverage."""
    ECONF = 114
    """EConf."""
    ECONF_DIAL = 115
    """EConf dial."""
    CONF = 116
    """Conference."""
    ECONF_INVITE = 117
    """EConf invitation."""
    RESTRICTED = 118
    """Restricted."""
    EMERGENCY = 119
    """Emergency call."""
    FNE = 120
    """Feature name extension."""
    IDENTIFIER = 121
    """Identifier."""
    RECEIVER = 122
    """Receiver."""
    REMINDER = 123
    """Reminder."""
    LISTEN = 124
    """Silent listening."""
    REMOTE_DIAL = 125
    """Remote dial."""
    FAX_CALL = 126
    """Fax."""
    WAKEUP_CALL = 127
    """Wake-up call."""
    LOCAL_PHYS_EXTN = 129
    """Local physical extension."""
    XFER_TO_TWIN_MOBILE = 130
    """Transfer to the twinned mobile."""
    COACH = 131
    """Coaching."""
    WHISPER_PAGE = 132
    """Whisper page."""
    CALL_LOG = 133
    """From the call log."""
    PARK_CALL = 134
    """Park."""
    UNPARK_CALL = 135
    """Unpark."""
    PRECISION = 136
    """Precision."""
    REQUEST_SUPERVISING = 137
    """Supervision requested."""
    RPARK_CALL = 138
    """Remote park."""
    ACCS_GROUP = 139
    """ACCS group."""
    BLENDING_ACQUIRE_CALL = 140
    """Blending: call acquired."""


describe(CalledType, {
    0: ("unspecified", "Unspecified."),
    1: ("international", "International number."),
    2: ("national", "National number."),
    3: ("network_specific", "Network specific number."),
    4: ("subscriber", "Subscriber number."),
    100: ("unspecified", "Unspecified."),
    101: ("internal", "Internal call."),
    102: ("voicemail", "To voicemail."),
    103: ("acd", "ACD."),
    104: ("paging", "Paging."),
    105: ("direct", "Direct."),
    106: ("intrude", "Intrusion."),
    107: ("priority", "Priority."),
    108: ("pickup", "Pick-up."),
    109: ("camp_on", "Camp-on."),
    110: ("steal", "Call steal."),
    111: ("whisper", "Whisper."),
    112: ("inclusion", "Inclusion; the name is uncertain."),
    113: ("coverage", "Coverage."),
    114: ("econf", "EConf."),
    115: ("econf_dial", "EConf dial."),
    116: ("conf", "Conference."),
    117: ("econf_invite", "EConf invitation."),
    118: ("restricted", "Restricted."),
    119: ("emergency", "Emergency call."),
    120: ("fne", "Feature name extension."),
    121: ("identifier", "Identifier."),
    122: ("receiver", "Receiver."),
    123: ("reminder", "Reminder."),
    124: ("listen", "Silent listening."),
    125: ("remote_dial", "Remote dial."),
    126: ("fax_call", "Fax."),
    127: ("wakeup_call", "Wake-up call."),
    129: ("local_phys_extn", "Local physical extension."),
    130: ("xfer_to_twin_mobile", "Transfer to the twinned mobile."),
    131: ("coach", "Coaching."),
    132: ("whisper_page", "Whisper page."),
    133: ("call_log", "From the call log."),
    134: ("park_call", "Park."),
    135: ("unpark_call", "Unpark."),
    136: ("precision", "Precision."),
    137: ("request_supervising", "Supervision requested."),
    138: ("rpark_call", "Remote park."),
    139: ("accs_group", "ACCS group."),
    140: ("blending_acquire_call", "Blending: call acquired."),
})


class Presentation(Code):
    """CLI presentation."""

    ALLOWED = 0
    """May be shown."""
    WITHHELD = 1
    """Withheld by the caller."""
    NOT_AVAILABLE = 2
    """Not available."""
    UNSPECIFIED = 100
    """Unspecified."""


describe(Presentation, {
    0: ("allowed", "May be shown."),
    1: ("withheld", "Withheld by the caller."),
    2: ("not_available", "Not available."),
    100: ("unspecified", "Unspecified."),
})


class NameType(Code):
    """Calling party name type."""

    DEFAULT = 0
    """Default."""
    DIRECTORY = 1
    """Found in the directory."""
    EXPLICIT = 2
    """Explicitly set."""
    RESTRICTED = 4
    """Restricted."""
    INTERNAL_USER = 5
    """An internal user."""
    HUNTGROUP = 6
    """A hunt group."""
    CONFERENCE = 8
    """A conference."""
    EXTERNAL_TRUNK = 9
    """An external trunk."""
    VOICEMAIL_CALLFLOW = 12
    """A voicemail call flow."""


describe(NameType, {
    0: ("default", "Default."),
    1: ("directory", "Found in the directory."),
    2: ("explicit", "Explicitly set."),
    4: ("restricted", "Restricted."),
    5: ("internal_user", "An internal user."),
    6: ("huntgroup", "A hunt group."),
    8: ("conference", "A conference."),
    9: ("external_trunk", "An external trunk."),
    12: ("voicemail_callflow", "A voicemail call flow."),
})


class Queueing(Code):
    """Queueing or announcement."""

    QUEUEING = 1
    """In a queue."""
    ANNOUNCEMENT = 3
    """Listening to an announcement."""


describe(Queueing, {
    1: ("queueing", "In a queue."),
    3: ("announcement", "Listening to an announcement."),
})


class Cause(Code):
    """Clearing cause."""

    UNKNOWN = 0
    """Unknown."""
    UNALLOCATED_NUMBER = 1
    """No such number."""
    FORCE_IDLE = 2
    """Forced idle."""
    UNREGISTER = 3
    """The device unregistered."""
    NORMAL = 16
    """Normal clearing."""
    BUSY = 17
    """Busy."""
    NO_USER_RESPONDING = 18
    """Nobody responds."""
    CALL_REJECTED = 21
    """Rejected."""
    NORMAL_UNSPECIFIED = 31
    """Normal, unspecified."""
    NO_CHANNEL = 34
    """No channel is free."""
    NETWORK_OUT_OF_ORDER = 38
    """Network out of order."""
    INCOMPATIBLE = 88
    """Incompatible destination."""
    PHONE_INFO = 113
    """Phone information."""
    REMINDER_FREE = 114
    """Reminder: free."""
    REMINDER_NO_ANSWER = 115
    """Reminder: no answer."""
    E911_EMERGENCY = 116
    """E911 emergency."""
    PARKED = 117
    """Parked."""
    UNPARKED = 118
    """Unparked."""
    PICKUP = 119
    """Picked up elsewhere."""
    REMINDER = 120
    """Reminder."""
    REDIRECT = 121
    """Redirected."""
    CALL_BARRED = 122
    """Barred."""
    FORWARD_TO_VOICEMAIL = 123
    """Forwarded to voicemail."""
    ANSWERED_BY_OTHER = 124
    """Answered by somebody else."""
    NO_ACCOUNT_CODE = 125
    """Account code missing."""
    TRANSFER = 126
    """Transferred."""
    CONFERENCING_MOVE = 127
    """Moved into a conference."""
    RESTRICTED_TO_PARTNER = 128
    """Restricted to the partner."""
    HELD_CALL = 129
    """Held call."""
    RING_BACK_CHECK = 130
    """Ring-back check."""
    APPEARANCE_CALL_STEAL = 131
    """Stolen by a call appearance."""
    APPEARANCE_BRIDGE_INTO = 132
    """Bridged into by an appearance."""
    BUMPED_CALL = 133
    """Bumped."""
    LINE_APPEARANCE_CALL = 134
    """Line appearance call."""
    UNHELD_CALL = 135
    """Taken off hold."""
    REPLACE_CURRENT_CALL = 136
    """Replaces the current call."""
    GLARE = 137
    """Glare."""
    R21_COMPAT_CONF_MOVE = 138
    """Conference move, compatible with release 2.1."""


describe(Cause, {
    0: ("unknown", "Unknown."),
    1: ("unallocated_number", "No such number."),
    2: ("force_idle", "Forced idle."),
    3: ("unregister", "The device unregistered."),
    16: ("normal", "Normal clearing."),
    17: ("busy", "Busy."),
    18: ("no_user_responding", "Nobody responds."),
    21: ("call_rejected", "Rejected."),
    31: ("normal_unspecified", "Normal, unspecified."),
    34: ("no_channel", "No channel is free."),
    38: ("network_out_of_order", "Network out of order."),
    88: ("incompatible", "Incompatible destination."),
    113: ("phone_info", "Phone information."),
    114: ("reminder_free", "Reminder: free."),
    115: ("reminder_no_answer", "Reminder: no answer."),
    116: ("e911_emergency", "E911 emergency."),
    117: ("parked", "Parked."),
    118: ("unparked", "Unparked."),
    119: ("pickup", "Picked up elsewhere."),
    120: ("reminder", "Reminder."),
    121: ("redirect", "Redirected."),
    122: ("call_barred", "Barred."),
    123: ("forward_to_voicemail", "Forwarded to voicemail."),
    124: ("answered_by_other", "Answered by somebody else."),
    125: ("no_account_code", "Account code missing."),
    126: ("transfer", "Transferred."),
    127: ("conferencing_move", "Moved into a conference."),
    128: ("restricted_to_partner", "Restricted to the partner."),
    129: ("held_call", "Held call."),
    130: ("ring_back_check", "Ring-back check."),
    131: ("appearance_call_steal", "Stolen by a call appearance."),
    132: ("appearance_bridge_into", "Bridged into by an appearance."),
    133: ("bumped_call", "Bumped."),
    134: ("line_appearance_call", "Line appearance call."),
    135: ("unheld_call", "Taken off hold."),
    136: ("replace_current_call", "Replaces the current call."),
    137: ("glare", "Glare."),
    138: ("r21_compat_conf_move", "Conference move, compatible with release 2.1."),
})


class Delta2State(Code):
    """Delta2 call state."""

    IDLE = 0
    """No call."""
    RINGING = 1
    """Ringing."""
    CONNECTED = 2
    """Connected."""
    DISCONNECTED = 3
    """Disconnected."""
    SUSPENDING = 4
    """Being suspended."""
    SUSPENDED = 5
    """Suspended."""
    RESUMING = 6
    """Being resumed."""
    DIALLING = 7
    """Dialling."""
    DIALLED = 8
    """Digits are complete."""
    LOCAL_DIAL = 9
    """Local dial tone."""
    QUEUED = 10
    """Queued."""
    PARKED = 11
    """Parked."""
    HELD = 12
    """Held."""
    REDIALLING = 13
    """Redialling."""


describe(Delta2State, {
    0: ("idle", "No call."),
    1: ("ringing", "Ringing."),
    2: ("connected", "Connected."),
    3: ("disconnected", "Disconnected."),
    4: ("suspending", "Being suspended."),
    5: ("suspended", "Suspended."),
    6: ("resuming", "Being resumed."),
    7: ("dialling", "Dialling."),
    8: ("dialled", "Digits are complete."),
    9: ("local_dial", "Local dial tone."),
    10: ("queued", "Queued."),
    11: ("parked", "Parked."),
    12: ("held", "Held."),
    13: ("redialling", "Redialling."),
})


class PartyFlag(Flags):
    """Flags of a call end."""

    PRIVACY = 1
    """Privacy is requested."""
    AUTO_ANSWERED = 2
    """The call was answered automatically."""
    AUTO_RECORDED = 4
    """Recorded automatically by Voicemail Pro."""
    CONSENT_ANSWERED = 16
    """The consent question was answered; release 11.1 on."""
    CONSENT_REFUSED = 32
    """Consent was refused; release 11.1 on."""


describe(PartyFlag, {
    1: ("privacy", "Privacy is requested."),
    2: ("auto_answered", "The call was answered automatically."),
    4: ("auto_recorded", "Recorded automatically by Voicemail Pro."),
    16: ("consent_answered", "The consent question was answered; release 11.1 on."),
    32: ("consent_refused", "Consent was refused; release 11.1 on."),
})


class StreamFlag(Flags):
    """What may be asked of a stream of events."""

    SCN = 1
    """Events from every PBX of the Small Community Network; not together with -CD2."""
    CD2 = 2
    """Delta2 records instead of Delta3."""
    SIPTRACK = 4
    """SIPTrack events too."""
    CMEXTN = 8
    """CMExtn events too."""
    CONN = 16
    """Delta3 records only once a call has been connected."""
    TEXT = 32
    """Delta2 records in UTF-8 instead of double-octet text."""


describe(StreamFlag, {
    1: ("-SCN", "Events from every PBX of the Small Community Network; not together with -CD2."),
    2: ("-CD2", "Delta2 records instead of Delta3."),
    4: ("-SIPTrack", "SIPTrack events too."),
    8: ("-CMExtn", "CMExtn events too."),
    16: ("-CONN", "Delta3 records only once a call has been connected."),
    32: ("-TEXT", "Delta2 records in UTF-8 instead of double-octet text."),
})


class Kind(Code):
    """Kind of a record."""

    UNKNOWN = 0
    """A record that no table knows; its text or octets are kept."""
    DETAIL = 1
    """Delta3: a call as one node sees it."""
    CALL_LOST = 2
    """Delta3: a call end is gone."""
    LINK_LOST = 3
    """Delta3: an intermediate node lost its view of an end."""
    ATTEMPT_REJECT = 4
    """Delta3: a user pushed a ringing call away."""
    DELTA2_S = 5
    """Delta2: a call was created, answered or changed."""
    DELTA2_D = 6
    """Delta2: a call is gone."""
    DELTA2_A = 7
    """Delta2: the two ends of a call changed places."""
    SIPTRACK = 8
    """Joins a SIP Call-ID to an end."""
    CMEXTN = 9
    """An extension's event, as text."""
    CMEXTN_STATE = 10
    """An extension changed its state."""


describe(Kind, {
    0: ("unknown", "A record that no table knows; its text or octets are kept."),
    1: ("detail", "Delta3: a call as one node sees it."),
    2: ("call_lost", "Delta3: a call end is gone."),
    3: ("link_lost", "Delta3: an intermediate node lost its view of an end."),
    4: ("attempt_reject", "Delta3: a user pushed a ringing call away."),
    5: ("delta2_s", "Delta2: a call was created, answered or changed."),
    6: ("delta2_d", "Delta2: a call is gone."),
    7: ("delta2_a", "Delta2: the two ends of a call changed places."),
    8: ("siptrack", "Joins a SIP Call-ID to an end."),
    9: ("cmextn", "An extension's event, as text."),
    10: ("cmextn_state", "An extension changed its state."),
})


class ErrorCode(Code):
    """What a call of the library can come back with."""

    OK = 0
    """Done."""
    NEED_MORE = 1
    """More input is needed before there is anything to say."""
    BLOCKED = 2
    """The output queue is full: send what output() gives, then go on."""
    END = 3
    """There is no further element."""
    ERR_DISCRIMINATOR = 10
    """A frame does not begin with the octet 0x49."""
    ERR_LENGTH = 11
    """A frame's length is shorter than its own header."""
    ERR_TRUNCATED_FRAME = 12
    """The octets end inside a frame."""
    ERR_TRUNCATED_MESSAGE = 13
    """A message ends before a field it must have."""
    ERR_TRUNCATED_TUPLE = 14
    """A tuple runs past the end of its frame."""
    ERR_TEXT = 15
    """Double-octet text has an odd number of octets."""
    ERR_DELTA3 = 16
    """A Delta3 record is not well formed."""
    ERR_DELTA2 = 17
    """A Delta2 record is not well formed."""
    ERR_UNEXPECTED = 18
    """A message came that has no place in the conversation."""
    ERR_PLAIN_IN_CLEAR = 19
    """The PBX asked for the password itself over a link that is not encrypted; nothing was sent."""
    ERR_REFUSED = 30
    """The PBX refused the authentication."""
    ERR_TIMEOUT = 31
    """The other end did not answer in time."""
    ERR_STREAM_DEAD = 32
    """The PBX declared the stream no longer functioning; connect again."""
    ERR_CLOSED = 33
    """The other end closed the connection."""
    ERR_FRAME_LIMIT = 40
    """A frame is longer than this session accepts."""
    ERR_OUTPUT_LIMIT = 41
    """The output queue is full: the other end does not read."""
    ERR_REQUEST_LIMIT = 42
    """Too many requests are waiting for an answer."""
    ERR_TOO_LONG = 43
    """A value is longer than the protocol can carry."""
    ERR_MEMORY = 50
    """The allocator returned no memory."""
    ERR_SPACE = 60
    """The caller's buffer is too small."""
    ERR_STATE = 61
    """The session is not in a state that allows this call."""
    ERR_ARGUMENT = 62
    """An argument has a value that cannot be used."""
    ERR_CRYPTO = 63
    """The cryptographic library could not compute SHA-1."""
    ERR_SAVED = 64
    """What was saved cannot be restored: it is damaged, not ours, of another version, or larger than the limits set."""


describe(ErrorCode, {
    0: ("ok", "Done."),
    1: ("need more", "More input is needed before there is anything to say."),
    2: ("blocked", "The output queue is full: send what output() gives, then go on."),
    3: ("end", "There is no further element."),
    10: ("discriminator", "A frame does not begin with the octet 0x49."),
    11: ("length", "A frame's length is shorter than its own header."),
    12: ("truncated frame", "The octets end inside a frame."),
    13: ("truncated message", "A message ends before a field it must have."),
    14: ("truncated tuple", "A tuple runs past the end of its frame."),
    15: ("text", "Double-octet text has an odd number of octets."),
    16: ("delta3", "A Delta3 record is not well formed."),
    17: ("delta2", "A Delta2 record is not well formed."),
    18: ("unexpected message", "A message came that has no place in the conversation."),
    19: ("plain challenge in the clear", "The PBX asked for the password itself over a link that is not encrypted; nothing was sent."),
    30: ("refused", "The PBX refused the authentication."),
    31: ("timeout", "The other end did not answer in time."),
    32: ("stream dead", "The PBX declared the stream no longer functioning; connect again."),
    33: ("closed", "The other end closed the connection."),
    40: ("frame limit", "A frame is longer than this session accepts."),
    41: ("output limit", "The output queue is full: the other end does not read."),
    42: ("request limit", "Too many requests are waiting for an answer."),
    43: ("too long", "A value is longer than the protocol can carry."),
    50: ("memory", "The allocator returned no memory."),
    60: ("space", "The caller's buffer is too small."),
    61: ("state", "The session is not in a state that allows this call."),
    62: ("argument", "An argument has a value that cannot be used."),
    63: ("crypto", "The cryptographic library could not compute SHA-1."),
    64: ("saved", "What was saved cannot be restored: it is damaged, not ours, of another version, or larger than the limits set."),
})


class TestResult(Code):
    """Result of a test packet."""

    SUCCESS = 0
    """The payload is returned."""
    PAYLOAD_TOO_LONG = 2147483649
    """The payload is over 1000 octets; nothing is returned."""
    STREAM_INTEGRITY_LOST = 2147483650
    """The payload is over the system's limit or past its frame; the stream is dead."""
    STREAM_AUTHENTICATION_FAILED = 2147483651
    """Authentication failed before on this stream; it is dead."""


describe(TestResult, {
    0: ("success", "The payload is returned."),
    2147483649: ("payload_too_long", "The payload is over 1000 octets; nothing is returned."),
    2147483650: ("stream_integrity_lost", "The payload is over the system's limit or past its frame; the stream is dead."),
    2147483651: ("stream_authentication_failed", "Authentication failed before on this stream; it is dead."),
})


class AuthResult(Code):
    """Result of authentication."""

    SUCCESS = 0
    """Authenticated."""
    CHALLENGE_PLAIN = 1
    """Send the password itself; only ever asked on an encrypted link."""
    CHALLENGE_SHA1 = 2
    """Send the SHA-1 of challenge and password."""
    AUTHENTICATION_FAILED = 2147483713
    """User name or password is wrong, or the user lacks the DevLink3 right."""
    LIMITS_EXCEEDED = 2147483714
    """Too many DevLink3 connections."""
    RETRY_LATER = 2147483715
    """Too many failed attempts; wait."""
    LICENCE_MISSING = 2147483716
    """The PBX has no CTILINK_PRO licence."""


describe(AuthResult, {
    0: ("success", "Authenticated."),
    1: ("challenge_plain", "Send the password itself; only ever asked on an encrypted link."),
    2: ("challenge_sha1", "Send the SHA-1 of challenge and password."),
    2147483713: ("authentication_failed", "User name or password is wrong, or the user lacks the DevLink3 right."),
    2147483714: ("limits_exceeded", "Too many DevLink3 connections."),
    2147483715: ("retry_later", "Too many failed attempts; wait."),
    2147483716: ("licence_missing", "The PBX has no CTILINK_PRO licence."),
})


class EventResult(Code):
    """Result of an event request."""

    SUCCESS = 0
    """All flags were accepted."""
    PARTIAL_SUCCESS = 9
    """Some flags were accepted; the reply lists them."""
    UNKNOWN_FLAG = 2147483681
    """A flag is not known to the PBX; there is no stream."""
    INSUFFICIENT_LICENCE = 2147483682
    """Too few licences for -SCN in a network of this size; there is no stream."""
    FEATURE_NOT_AVAILABLE = 2147483683
    """The PBX does not offer this now; there is no stream."""


describe(EventResult, {
    0: ("success", "All flags were accepted."),
    9: ("partial_success", "Some flags were accepted; the reply lists them."),
    2147483681: ("unknown_flag", "A flag is not known to the PBX; there is no stream."),
    2147483682: ("insufficient_licence", "Too few licences for -SCN in a network of this size; there is no stream."),
    2147483683: ("feature_not_available", "The PBX does not offer this now; there is no stream."),
})


class ReadResult(Code):
    """Result of reading a file."""

    SUCCESS = 0
    """The contents follow."""
    NOT_FOUND = 2147483729
    """There is no such file. The description gives no number; anything but 0 is failure."""


describe(ReadResult, {
    0: ("success", "The contents follow."),
    2147483729: ("not_found", "There is no such file. The description gives no number; anything but 0 is failure."),
})


class AuthStep(Code):
    """Step of authentication."""

    REQUEST = 1
    """User name and, if wanted, the application's name."""
    SHA1_RESPONSE = 80
    """The SHA-1 answer to a challenge, 20 octets."""
    PLAIN_RESPONSE = 81
    """The password itself, padded to 32 octets; encrypted links only."""


describe(AuthStep, {
    1: ("request", "User name and, if wanted, the application's name."),
    80: ("sha1_response", "The SHA-1 answer to a challenge, 20 octets."),
    81: ("plain_response", "The password itself, padded to 32 octets; encrypted links only."),
})


class TupleCode(Code):
    """What a tuple carries."""

    DELTA3 = 7733249
    """A Delta3 record: XML, UTF-8."""
    DELTA2 = 7733250
    """A Delta2 record: double-octet text, or UTF-8 under -TEXT."""
    SIPTRACK = 7733251
    """Joins a SIP Call-ID to an end: double-octet text."""
    CMEXTN = 7733252
    """An extension's event, plain or extended: double-octet text."""
    PBX = 8192001
    """Type and version of the PBX, after authentication."""
    VARIANT = 8192002
    """The DevLink variant, after authentication."""
    APPLICATION = 8257537
    """The application's name, in its first request."""


describe(TupleCode, {
    7733249: ("delta3", "A Delta3 record: XML, UTF-8."),
    7733250: ("delta2", "A Delta2 record: double-octet text, or UTF-8 under -TEXT."),
    7733251: ("siptrack", "Joins a SIP Call-ID to an end: double-octet text."),
    7733252: ("cmextn", "An extension's event, plain or extended: double-octet text."),
    8192001: ("pbx", "Type and version of the PBX, after authentication."),
    8192002: ("variant", "The DevLink variant, after authentication."),
    8257537: ("application", "The application's name, in its first request."),
})


class Direction(Code):
    """Direction of a call."""

    INTERNAL = 0
    """No public line is in it."""
    INCOMING = 1
    """It began on a public line."""
    OUTGOING = 2
    """It went to a public line."""
    TANDEM = 3
    """It began on a public line and went to one."""


describe(Direction, {
    0: ("internal", "No public line is in it."),
    1: ("incoming", "It began on a public line."),
    2: ("outgoing", "It went to a public line."),
    3: ("tandem", "It began on a public line and went to one."),
})


class Outcome(Code):
    """What came of a call."""

    NONE = 0
    """It is still going on, and nobody has answered."""
    ANSWERED = 1
    """A person answered."""
    VOICEMAIL = 2
    """Nobody answered but voicemail."""
    REJECTED = 3
    """Everyone it rang at pushed it away."""
    FAILED = 4
    """It could not be put through: busy, no such number, no line."""
    ABANDONED = 5
    """It was given up before anyone answered."""


describe(Outcome, {
    0: ("none", "It is still going on, and nobody has answered."),
    1: ("answered", "A person answered."),
    2: ("voicemail", "Nobody answered but voicemail."),
    3: ("rejected", "Everyone it rang at pushed it away."),
    4: ("failed", "It could not be put through: busy, no such number, no line."),
    5: ("abandoned", "It was given up before anyone answered."),
})


class CallState(Code):
    """State of a call as a whole."""

    DIALLING = 0
    """Somebody is off hook or dials; nobody is called yet."""
    RINGING = 1
    """It is offered to somebody."""
    QUEUED = 2
    """It waits in a queue or hears an announcement."""
    CONNECTED = 3
    """Two talk."""
    HELD = 4
    """Somebody in it is on hold."""
    PARKED = 5
    """It sits in a park slot."""
    CONFERENCE = 6
    """Its parties meet on a conference bridge."""
    VOICEMAIL = 7
    """Voicemail has it."""
    OVER = 8
    """It has ended."""


describe(CallState, {
    0: ("dialling", "Somebody is off hook or dials; nobody is called yet."),
    1: ("ringing", "It is offered to somebody."),
    2: ("queued", "It waits in a queue or hears an announcement."),
    3: ("connected", "Two talk."),
    4: ("held", "Somebody in it is on hold."),
    5: ("parked", "It sits in a park slot."),
    6: ("conference", "Its parties meet on a conference bridge."),
    7: ("voicemail", "Voicemail has it."),
    8: ("over", "It has ended."),
})


class CallStep(Code):
    """What stands in a call's history."""

    BEGAN = 0
    """The call began; who: the party with which it did."""
    DIALLED = 1
    """who has dialled."""
    OFFERED = 2
    """It is offered to who, whose end is announced or rings."""
    RINGING = 3
    """The far end of who, an outside party, is alerted."""
    QUEUED = 4
    """It waits in a queue from here."""
    ANNOUNCEMENT = 5
    """It hears an announcement from here."""
    ANSWERED = 6
    """who is connected with other, for the first time."""
    HELD = 7
    """who has no audio path from here."""
    RETRIEVED = 8
    """who has an audio path again."""
    TRANSFERRED = 9
    """who passed the call on and is out of it."""
    PARKED = 10
    """It was put in the park slot who."""
    UNPARKED = 11
    """It was taken out of the park slot who."""
    CONFERENCED = 12
    """who joined the conference other."""
    VOICEMAIL = 13
    """Voicemail, who, took it."""
    REJECTED = 14
    """who pushed it away."""
    MERGED = 15
    """The call that began with who was taken into this one."""
    CLEARED = 16
    """who is gone, with cause."""
    LINK_LOST = 17
    """A node lost its view of who, with cause."""


describe(CallStep, {
    0: ("began", "The call began; who: the party with which it did."),
    1: ("dialled", "who has dialled."),
    2: ("offered", "It is offered to who, whose end is announced or rings."),
    3: ("ringing", "The far end of who, an outside party, is alerted."),
    4: ("queued", "It waits in a queue from here."),
    5: ("announcement", "It hears an announcement from here."),
    6: ("answered", "who is connected with other, for the first time."),
    7: ("held", "who has no audio path from here."),
    8: ("retrieved", "who has an audio path again."),
    9: ("transferred", "who passed the call on and is out of it."),
    10: ("parked", "It was put in the park slot who."),
    11: ("unparked", "It was taken out of the park slot who."),
    12: ("conferenced", "who joined the conference other."),
    13: ("voicemail", "Voicemail, who, took it."),
    14: ("rejected", "who pushed it away."),
    15: ("merged", "The call that began with who was taken into this one."),
    16: ("cleared", "who is gone, with cause."),
    17: ("link_lost", "A node lost its view of who, with cause."),
})


class UserState(Code):
    """What a user is doing."""

    IDLE = 0
    """In no call."""
    RINGING = 1
    """A call is offered, and none is up."""
    HELD = 2
    """On hold, or has somebody on hold, and talks to nobody."""
    DIALLING = 3
    """Off hook, dialling, or waiting for the far end to answer."""
    TALKING = 4
    """Talks to somebody."""


describe(UserState, {
    0: ("idle", "In no call."),
    1: ("ringing", "A call is offered, and none is up."),
    2: ("held", "On hold, or has somebody on hold, and talks to nobody."),
    3: ("dialling", "Off hook, dialling, or waiting for the far end to answer."),
    4: ("talking", "Talks to somebody."),
})


@dataclass(frozen=True, repr=False)
class Call(Row):
    """Call; section 6.7.2 of the description."""

    node: Optional[str] = None
    """Node that reports this view of the call, 8 characters."""
    call_id: Optional[int] = None
    """Identity of the call on that node only."""
    account_code: Optional[str] = None
    """Account code."""
    authorization_code: Optional[str] = None
    """Authorization code, masked by the PBX."""
    tag: Optional[str] = None
    """Text attached to the call."""
    transfer_cause: Optional[int] = None
    """Always 0."""
    owner_huntgroup: Optional[str] = None
    """Number of the hunt group that owns the call."""
    originally_targeted_huntgroup: Optional[str] = None
    """Hunt group first called."""
    originally_targeted_user: Optional[str] = None
    """User first called."""
    currently_targeted_huntgroup: Optional[str] = None
    """Hunt group called now."""
    currently_targeted_user: Optional[str] = None
    """User called now."""
    voicemail_being_left: Optional[int] = None
    """1 while a voicemail message is being left."""
    voicemail_length: Optional[int] = None
    """Length of the message left, in seconds."""
    queueing: Optional[Queueing] = None
    """Whether the call queues or hears an announcement."""
    timestamp: Optional[int] = None
    """Time, in tenths of a second."""
    huntgroup_overflow: Optional[int] = None
    """1 when the call overflowed from its hunt group."""
    ivr_callflow: Optional[str] = None
    """Call flow out of which the call was transferred."""
    ivr_time: Optional[int] = None
    """Time spent in that call flow, in tenths of a second."""

    _number = 0
    _fields = (
        ("node", str),
        ("call_id", int),
        ("account_code", str),
        ("authorization_code", str),
        ("tag", str),
        ("transfer_cause", int),
        ("owner_huntgroup", str),
        ("originally_targeted_huntgroup", str),
        ("originally_targeted_user", str),
        ("currently_targeted_huntgroup", str),
        ("currently_targeted_user", str),
        ("voicemail_being_left", int),
        ("voicemail_length", int),
        ("queueing", Queueing),
        ("timestamp", int),
        ("huntgroup_overflow", int),
        ("ivr_callflow", str),
        ("ivr_time", int),
    )


@dataclass(frozen=True, repr=False)
class Party(Row):
    """PartyA and PartyB; section 6.7.3 of the description."""

    end: Optional[str] = None
    """End identifier, unique in the network, 16 characters; the first 8 are its node."""
    direction: Optional[int] = None
    """1 when the call came in on this end."""
    state: Optional[State] = None
    """State of the end."""
    audio_path: Optional[int] = None
    """1 when there is an audio path, 0 on hold."""
    tone: Optional[Tone] = None
    """Tone that the end hears."""
    remote: Optional[int] = None
    """1 when the end lies on another node."""
    public_line: Optional[int] = None
    """1 when the end is a public line."""
    flags: Optional[PartyFlag] = None
    """Bits, see the flags."""
    emergency_location: Optional[int] = None
    """Emergency location."""
    equipment_class: Optional[EquipmentClass] = None
    """What the end is."""
    equipment_type: Optional[EquipmentType] = None
    """Which kind of that."""
    description: Optional[str] = None
    """For a trunk its line and channel or SIP Call-ID; for a conference the join reason and role."""
    identity: Optional[str] = None
    """Extension of the user."""
    called_type: Optional[CalledType] = None
    """Type of the call."""
    called_reason: Optional[int] = None
    """Why the call arrived here; its values are not published."""
    did: Optional[str] = None
    """Number received from the trunk."""
    dialled: Optional[str] = None
    """Digits dialled here."""
    on_behalf: Optional[str] = None
    """Identity on whose behalf the call was made."""
    target_number: Optional[str] = None
    """Number sent out."""
    target_subaddr: Optional[str] = None
    """Subaddress sent out."""
    purpose: Optional[str] = None
    """Nominal target: hunt group, skill or diversion."""
    cli: Optional[str] = None
    """Calling number."""
    cli_presentation: Optional[Presentation] = None
    """Whether the number may be shown."""
    name_type: Optional[NameType] = None
    """Where the name comes from."""
    name: Optional[str] = None
    """Calling name."""
    related_end: Optional[str] = None
    """End identifier related by a transfer."""

    _number = 1
    _fields = (
        ("end", str),
        ("direction", int),
        ("state", State),
        ("audio_path", int),
        ("tone", Tone),
        ("remote", int),
        ("public_line", int),
        ("flags", PartyFlag),
        ("emergency_location", int),
        ("equipment_class", EquipmentClass),
        ("equipment_type", EquipmentType),
        ("description", str),
        ("identity", str),
        ("called_type", CalledType),
        ("called_reason", int),
        ("did", str),
        ("dialled", str),
        ("on_behalf", str),
        ("target_number", str),
        ("target_subaddr", str),
        ("purpose", str),
        ("cli", str),
        ("cli_presentation", Presentation),
        ("name_type", NameType),
        ("name", str),
        ("related_end", str),
    )


@dataclass(frozen=True, repr=False)
class Target(Row):
    """Target; section 6.7.4 of the description."""

    end: Optional[str] = None
    """End identifier."""
    remote: Optional[int] = None
    """1 when the end lies on another node."""
    public_line: Optional[int] = None
    """1 when the end is a public line."""
    equipment_class: Optional[EquipmentClass] = None
    """What the end is."""
    equipment_type: Optional[EquipmentType] = None
    """Which kind of that."""
    description: Optional[str] = None
    """As in a party."""
    identity: Optional[str] = None
    """Extension of the user."""
    called_type: Optional[CalledType] = None
    """Type of the call."""
    called_reason: Optional[int] = None
    """Why the call arrived here."""
    target_number: Optional[str] = None
    """Number sent out."""
    target_subaddr: Optional[str] = None
    """Subaddress sent out."""
    purpose: Optional[str] = None
    """Nominal target."""
    cli: Optional[str] = None
    """Calling number."""
    cli_presentation: Optional[Presentation] = None
    """Whether the number may be shown."""

    _number = 2
    _fields = (
        ("end", str),
        ("remote", int),
        ("public_line", int),
        ("equipment_class", EquipmentClass),
        ("equipment_type", EquipmentType),
        ("description", str),
        ("identity", str),
        ("called_type", CalledType),
        ("called_reason", int),
        ("target_number", str),
        ("target_subaddr", str),
        ("purpose", str),
        ("cli", str),
        ("cli_presentation", Presentation),
    )


@dataclass(frozen=True, repr=False)
class CallLost(RecordRow):
    """CallLost; section 6.7.5 of the description."""

    node: Optional[str] = None
    """Node that reports the loss."""
    end: Optional[str] = None
    """End that is gone."""
    cleared_inbound: Optional[int] = None
    """1 when the end itself cleared the call."""
    cause: Optional[Cause] = None
    """Clearing cause."""
    timestamp: Optional[int] = None
    """Time, in tenths of a second."""

    _number = 3
    kind = Kind.CALL_LOST
    _fields = (
        ("node", str),
        ("end", str),
        ("cleared_inbound", int),
        ("cause", Cause),
        ("timestamp", int),
    )


@dataclass(frozen=True, repr=False)
class LinkLost(RecordRow):
    """LinkLost; section 6.7.6 of the description."""

    node: Optional[str] = None
    """Intermediate node that lost its view of the end."""
    end: Optional[str] = None
    """The end."""
    cleared_inbound: Optional[int] = None
    """1 when the end itself cleared the call."""
    cause: Optional[Cause] = None
    """Clearing cause."""
    timestamp: Optional[int] = None
    """Time, in tenths of a second."""
    link: Optional[str] = None
    """Link local reference; matches a description."""

    _number = 4
    kind = Kind.LINK_LOST
    _fields = (
        ("node", str),
        ("end", str),
        ("cleared_inbound", int),
        ("cause", Cause),
        ("timestamp", int),
        ("link", str),
    )


@dataclass(frozen=True, repr=False)
class AttemptReject(RecordRow):
    """AttemptReject; section 6.7.7 of the description."""

    node: Optional[str] = None
    """Node that reports it."""
    end: Optional[str] = None
    """The end."""
    user: Optional[str] = None
    """User who pushed the call away."""
    qualifier: Optional[str] = None
    """How, such as dnd."""
    timestamp: Optional[int] = None
    """Time, in tenths of a second."""

    _number = 5
    kind = Kind.ATTEMPT_REJECT
    _fields = (
        ("node", str),
        ("end", str),
        ("user", str),
        ("qualifier", str),
        ("timestamp", int),
    )


@dataclass(frozen=True, repr=False)
class Delta2S(RecordRow):
    """Delta2 S; section 6.5.1.2 of the description."""

    a_call_id: Optional[str] = None
    """Identifier of end A."""
    b_call_id: Optional[str] = None
    """Identifier of end B."""
    a_state: Optional[Delta2State] = None
    """State of A."""
    b_state: Optional[Delta2State] = None
    """State of B."""
    a_connected: Optional[int] = None
    """1 when A is connected."""
    a_is_music: Optional[int] = None
    """1 when A hears music."""
    b_connected: Optional[int] = None
    """1 when B is connected."""
    b_is_music: Optional[int] = None
    """1 when B hears music."""
    a_name: Optional[str] = None
    """Name and number of A, or its line."""
    b_name: Optional[str] = None
    """Name and number of B, or its line."""
    b_list: Optional[str] = None
    """Targets, semicolons between; cut after four."""
    a_slot_channel: Optional[str] = None
    """Slot and channel of A."""
    b_slot_channel: Optional[str] = None
    """Slot and channel of B."""
    called_presentation_type: Optional[str] = None
    """Called number: presentation and type."""
    called_number: Optional[str] = None
    """Called number."""
    calling_presentation_type: Optional[str] = None
    """Calling number: presentation and type."""
    calling_number: Optional[str] = None
    """Calling number."""
    called_subaddress: Optional[str] = None
    """Called subaddress."""
    calling_subaddress: Optional[str] = None
    """Calling subaddress."""
    dialled_type: Optional[int] = None
    """Type of the dialled number."""
    dialled_number: Optional[str] = None
    """Dialled number."""
    keypad_type: Optional[int] = None
    """Type of the keypad digits."""
    keypad_number: Optional[str] = None
    """Keypad digits."""
    ring_attempts: Optional[int] = None
    """Attempts to ring."""
    cause: Optional[Cause] = None
    """Clearing cause."""
    voicemail_disallow: Optional[int] = None
    """1 when voicemail may not answer."""
    sending_complete: Optional[int] = None
    """1 when the number is complete."""
    call_type_transport: Optional[str] = None
    """Call type and transport: 0 circuit, 2 packet."""
    owner_group: Optional[str] = None
    """Hunt group that owns the call."""
    original_group: Optional[str] = None
    """Hunt group first called."""
    original_user: Optional[str] = None
    """User first called."""
    target_group: Optional[str] = None
    """Hunt group called now."""
    target_user: Optional[str] = None
    """User called now."""
    target_ras: Optional[str] = None
    """RAS called."""
    is_internal: Optional[int] = None
    """1 for an internal call."""
    timestamp: Optional[int] = None
    """Time; unit not published."""
    connected_time: Optional[int] = None
    """When connected; unit not published."""
    ring_time: Optional[int] = None
    """When ringing began; unit not published."""
    connected_duration: Optional[int] = None
    """Duration connected."""
    ring_duration: Optional[int] = None
    """Duration of ringing."""
    locale: Optional[str] = None
    """Locale."""
    park_slot: Optional[str] = None
    """Park slot."""
    call_waiting: Optional[int] = None
    """1 for call waiting."""
    tag: Optional[str] = None
    """Text attached to the call."""
    transferring: Optional[int] = None
    """1 while being transferred."""
    service_active: Optional[int] = None
    """1 when the service is active."""
    service_quota_used: Optional[int] = None
    """Service quota used."""
    service_quota_time: Optional[int] = None
    """Service quota time."""
    account_code: Optional[str] = None
    """Account code."""
    call_id: Optional[int] = None
    """CallID."""

    _number = 6
    kind = Kind.DELTA2_S
    _fields = (
        ("a_call_id", str),
        ("b_call_id", str),
        ("a_state", Delta2State),
        ("b_state", Delta2State),
        ("a_connected", int),
        ("a_is_music", int),
        ("b_connected", int),
        ("b_is_music", int),
        ("a_name", str),
        ("b_name", str),
        ("b_list", str),
        ("a_slot_channel", str),
        ("b_slot_channel", str),
        ("called_presentation_type", str),
        ("called_number", str),
        ("calling_presentation_type", str),
        ("calling_number", str),
        ("called_subaddress", str),
        ("calling_subaddress", str),
        ("dialled_type", int),
        ("dialled_number", str),
        ("keypad_type", int),
        ("keypad_number", str),
        ("ring_attempts", int),
        ("cause", Cause),
        ("voicemail_disallow", int),
        ("sending_complete", int),
        ("call_type_transport", str),
        ("owner_group", str),
        ("original_group", str),
        ("original_user", str),
        ("target_group", str),
        ("target_user", str),
        ("target_ras", str),
        ("is_internal", int),
        ("timestamp", int),
        ("connected_time", int),
        ("ring_time", int),
        ("connected_duration", int),
        ("ring_duration", int),
        ("locale", str),
        ("park_slot", str),
        ("call_waiting", int),
        ("tag", str),
        ("transferring", int),
        ("service_active", int),
        ("service_quota_used", int),
        ("service_quota_time", int),
        ("account_code", str),
        ("call_id", int),
    )


@dataclass(frozen=True, repr=False)
class Delta2Ends(RecordRow):
    """Delta2 D and A; section 6.5.1.2 of the description."""

    a_call_id: Optional[str] = None
    """Identifier of end A."""
    b_call_id: Optional[str] = None
    """Identifier of end B."""
    call_id: Optional[int] = None
    """CallID."""

    _number = 7
    kind = Kind.DELTA2_D
    _fields = (
        ("a_call_id", str),
        ("b_call_id", str),
        ("call_id", int),
    )


@dataclass(frozen=True, repr=False)
class Siptrack(RecordRow):
    """SIPTrack; section 6.5.1.3 of the description."""

    event: Optional[str] = None
    """START or END."""
    end: Optional[str] = None
    """End identifier."""
    local_end: Optional[str] = None
    """The same end in its local form, line.id.end."""
    type: Optional[str] = None
    """TRUNK or PHONE."""
    direction: Optional[str] = None
    """IN or OUT."""
    sip_call_id: Optional[str] = None
    """SIP Call-ID."""

    _number = 8
    kind = Kind.SIPTRACK
    _fields = (
        ("event", str),
        ("end", str),
        ("local_end", str),
        ("type", str),
        ("direction", str),
        ("sip_call_id", str),
    )
