"""Event objects: made by hand, compared, matched, never changed."""

from __future__ import annotations

import datetime as dt

import pytest

import sanwang
from sanwang import LinkState, Status

WHEN = dt.datetime(2026, 11, 21, 8, 30, 0, 123000, tzinfo=dt.timezone.utc)

EVENTS = [
    sanwang.Deliver(
        account="mobile",
        sender="13800138000",
        receiver="10657001",
        text="TD",
        time=WHEN,
        coding=24,
        show="all",
    ),
    sanwang.Report(
        stat="UNDELIV", receiver="13800138000", ticket=7, segment=1, message_id="74c1d2e3f4a5b6c7"
    ),
    sanwang.Outcome(
        status=Status.REJECTED,
        receiver="13800138000",
        code=8,
        text="8 FLOW_CONTROL",
        segments=[sanwang.Segment(status="REJECTED", result=8, sent_at=WHEN)],
        accepted_at=WHEN,
        decided_at=WHEN + dt.timedelta(milliseconds=840),
    ),
    sanwang.Response(ticket=7, result=8, name="FLOW_CONTROL", segment=1, segments=2, late=True),
    sanwang.AccountState(account="mobile", state=LinkState.REFUSED, wanted=2, reason="3 WRONG_SECRET"),
    sanwang.Trouble(account="mobile", reason="bad", action="skipped", octets=b"\1\2"),
    sanwang.Log(level=30, area="login", text="it's odd", account="mobile"),
    sanwang.Segment(status=Status.SENT, message_id="74c1d2e3f4a5b6c7"),
]

REPRS = [
    "Deliver(13800138000 to 10657001, 'TD')",
    "Report(UNDELIV, 138****8000, ticket 7, segment 1)",
    "Outcome(REJECTED, 138****8000, 1 segment, 8 FLOW_CONTROL, 0.8 s)",
    "Response(8 FLOW_CONTROL, ticket 7, segment 1 of 2, late)",
    "AccountState(mobile, refused, 0 of 2 up, 3 WRONG_SECRET)",
    "Trouble(mobile, bad, skipped)",
    "Log(30, mobile, 'it\\'s odd')",
    "Segment(SENT, 74c1d2e3f4a5b6c7)",
]


@pytest.mark.parametrize(("event", "shown"), list(zip(EVENTS, REPRS, strict=True)))
def test_they_show_what_they_are(event, shown):
    assert repr(event) == shown


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_they_are_values(event):
    names = [n for n in dir(event) if not n.startswith("_") and n not in ("took", "message_class")]
    again = type(event)(**{name: getattr(event, name) for name in names})
    assert again == event
    assert hash(again) == hash(event)
    assert event != type(event)()
    assert event != "event"
    for name in names:
        with pytest.raises(AttributeError):
            setattr(event, name, getattr(event, name))
    with pytest.raises(AttributeError):
        event.something = 1
    with pytest.raises(TypeError):
        type(event)("positional")
    with pytest.raises(TypeError):
        type(event)(no_such_field=1)


def test_they_can_be_matched():
    def what(event):
        match event:
            case sanwang.Deliver(text="TD"):
                return "leaves"
            case sanwang.Deliver(sender, text):
                return f"{sender} wrote {text}"
            case sanwang.Report(stat="UNDELIV") | sanwang.Outcome(Status.REJECTED):
                return "lost"
            case sanwang.AccountState("mobile", LinkState.REFUSED | LinkState.OFFLINE):
                return "down"
            case sanwang.Response(result=0):
                return "accepted"
            case sanwang.Response(code, late=True):
                return f"late {code}"

    assert [what(e) for e in EVENTS[:5]] == ["leaves", "lost", "lost", "late 8", "down"]
    assert what(sanwang.Deliver(sender="13800138000", text="hi")) == "13800138000 wrote hi"


def test_times_are_aware():
    outcome = EVENTS[2]
    assert outcome.accepted_at == WHEN
    assert outcome.accepted_at.tzinfo is dt.timezone.utc
    assert outcome.took == pytest.approx(0.84)
    assert outcome.segments[0].sent_at == WHEN
    china = WHEN.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert sanwang.Deliver(time=china) == sanwang.Deliver(time=WHEN)
    with pytest.raises(ValueError, match="has no zone"):
        sanwang.Deliver(time=WHEN.replace(tzinfo=None))
    with pytest.raises(TypeError):
        sanwang.Deliver(time=5)


def test_fields_keep_to_their_form():
    with pytest.raises(ValueError, match="is no status: write REJECTED"):
        sanwang.Outcome(status="GONE")
    with pytest.raises(ValueError, match="is no state"):
        sanwang.AccountState(state="gone")
    with pytest.raises(ValueError, match="32 fit"):
        sanwang.Deliver(sender="1" * 33)
    with pytest.raises(ValueError, match="not a message id"):
        sanwang.Report(message_id="xyz")
    with pytest.raises(TypeError):
        sanwang.Deliver(octets="text")
    with pytest.raises(TypeError):
        sanwang.Outcome(segments=[1])
    with pytest.raises(OverflowError):
        sanwang.Deliver(coding=256)
    for text in ("74c1d2e3f4a5b6c7", "3010012345-1120203225-0000000001", "01006101161700012345", ""):
        assert sanwang.Report(message_id=text).message_id == text


def test_a_flash_message_has_its_class():
    assert EVENTS[0].message_class == 0
    assert sanwang.Deliver(coding=8).message_class is None


def test_long_and_odd_texts_in_a_repr():
    assert repr(sanwang.Deliver(text="字" * 50, show="all")) == f"Deliver( to , '{'字' * 40}...')"
    assert repr(sanwang.Deliver(text="a\n\\'\0", show="contents")) == "Deliver( to , 'a\\n\\\\\\'\\u{0}')"
    assert repr(sanwang.Deliver(octets=b"abc")) == "Deliver( to , 3 octets)"
    part = sanwang.Deliver(text="x", parts=1, total=3, complete=False)
    assert repr(part) == "Deliver( to , (1 character), 1 of 3)"
    assert repr(sanwang.Report(stat="DELIVRD")) == "Report(DELIVRD, , no ticket, id )"


def test_a_repr_masks_what_show_does_not_name():
    submit = sanwang.Submit(account="a", sender="10657001", receivers=["13800138000"], text="code 246810")
    assert repr(submit) == "Submit(a from 10657001 to 138****8000, (11 characters))"
    assert "246810" in repr(sanwang.Submit(text="code 246810", show="contents"))
    with pytest.raises(ValueError, match="numbers, contents"):
        sanwang.Deliver(show="some")


def test_words_are_text_and_open():
    assert Status("DELIVERED") is Status.DELIVERED
    assert Status.DELIVERED == "DELIVERED"
    assert f"{Status.DELIVERED} {LinkState.ONLINE}" == "DELIVERED online"
    assert repr(LinkState.ONLINE) == "LinkState.ONLINE"
    assert [s for s in Status if s.is_success] == [Status.SENT, Status.ACKED, Status.DELIVERED]
    assert [s for s in LinkState if s.is_usable] == [LinkState.ONLINE, LinkState.DEGRADED, LinkState.IDLE]
    new = Status("HELD")
    assert (new, str(new), new.name, new.is_success) == ("HELD", "HELD", "HELD", False)
    assert isinstance(new, Status)
    with pytest.raises(ValueError, match="5 is not a valid Status"):
        Status(5)
