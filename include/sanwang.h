/*
 * sanwang: SMS through the carrier networks of China (CMPP, SGIP, SMGP).
 *
 * Made from ffi/src by a test of ffi; do not edit. docs/c.md shows how to use it.
 *
 * Rules that hold for every function:
 *
 * 1. A pointer to an object is NULL or was given out by the library and not freed since. NULL is answered with
 *    SANWANG_BAD_ARGUMENT, 0 or NULL, never with a crash. What `..._open`, `..._new` or an out-parameter gives is
 *    freed by the function ending in `_free`; everything else is borrowed, and valid as long as the object or event
 *    it was asked from.
 * 2. Texts are UTF-8 and end with a NUL; octets come with their number; arrays of texts end with NULL. What goes in
 *    is copied by the call.
 * 3. A struct is passed with its size: `f(&s, sizeof s)`. A field that is zero has its default, so set the whole
 *    struct to zero first (`= {0}` or with designated initialisers). An out-parameter may be NULL where its text says
 *    so. `err`, where not NULL, becomes NULL or an error to be freed with sanwang_error_free.
 * 4. Objects may be used by any thread at any time, sanwang_config_t by one at a time. Nothing may be used while it
 *    is freed.
 * 5. Times are milliseconds since 1970 UTC, durations milliseconds; a negative duration is without limit.
 * 6. In a forked child every call answers SANWANG_FORKED: open new objects there. Unloading the library (dlclose)
 *    is not supported.
 */

#ifndef SANWANG_H
#define SANWANG_H

#include <stddef.h>
#include <stdint.h>

/**
 * What on_submit returns to accept a submit.
 */
#define SANWANG_ACCEPT 0

/**
 * What on_submit returns to leave the answer for sanwang_gateway_answer.
 */
#define SANWANG_LATER 4294967295

/**
 * What look_up returns to refuse a login now that is not a wrong one: the account is blocked, or where the secrets are
 * cannot be asked.
 */
#define SANWANG_NOT_NOW -1

/**
 * What on_request returns to refuse, in the protocol's words, what was not answered.
 */
#define SANWANG_LINK_REFUSE 0

/**
 * What on_request returns to refuse it as busy: the peer may ask again.
 */
#define SANWANG_LINK_BUSY 1

/**
 * Version of the header: major * 1000000 + minor * 1000 + patch.
 */
#define SANWANG_VERSION_NUMBER 1000

/**
 * What a call returns. The numbers are fixed: new ones are added, and one that goes out of use is never given
 * to another meaning.
 */
enum sanwang_result_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done.
     */
    SANWANG_OK = 0,
    /**
     * A parameter is NULL, no UTF-8 or out of range. The message names it.
     */
    SANWANG_BAD_ARGUMENT = 1,
    /**
     * The struct was made for a newer library and uses fields that this one does not know.
     */
    SANWANG_STRUCT_TOO_NEW = 2,
    /**
     * A bug of the library. Nothing is known about what the call has done.
     */
    SANWANG_INTERNAL = 3,
    /**
     * The process was forked after the object was opened: open a new one in the child.
     */
    SANWANG_FORKED = 4,
    /**
     * The call would wait for the handler it is made from.
     */
    SANWANG_WOULD_DEADLOCK = 5,
    /**
     * The client is closing or closed.
     */
    SANWANG_CLOSED = 6,
    /**
     * The time is over.
     */
    SANWANG_TIMEOUT = 7,
    /**
     * The system refused something: a thread, a listening address, a file.
     */
    SANWANG_SYSTEM = 8,
    /**
     * There is no account, setting or listener of this name.
     */
    SANWANG_NOT_FOUND = 9,
    /**
     * The receiver is no mobile number.
     */
    SANWANG_BAD_RECEIVER = 20,
    /**
     * The text cannot be written in the coding that was asked for.
     */
    SANWANG_BAD_CODING = 21,
    /**
     * The message needs too many segments, or a field is longer than the protocol has room for.
     */
    SANWANG_TOO_LONG = 22,
    /**
     * The message has neither text nor content.
     */
    SANWANG_EMPTY = 23,
    /**
     * A setting is unknown, of another protocol, or out of range.
     */
    SANWANG_BAD_SETTING = 24,
    /**
     * Accounts, routes and handlers do not fit together.
     */
    SANWANG_BAD_CONFIG = 25,
    /**
     * Octets that are no frame, or values that make none.
     */
    SANWANG_BAD_PDU = 26,
    /**
     * A route or a route table is wrong.
     */
    SANWANG_BAD_ROUTE = 27,
    /**
     * A field of a PDU does not fit.
     */
    SANWANG_ENCODE = 28,
    /**
     * The octets are no PDU, or one that cannot be used here.
     */
    SANWANG_WRONG_PDU = 29,
    /**
     * No account may carry the message.
     */
    SANWANG_NO_ROUTE = 40,
    /**
     * The account's queue is full: wait for room or slow down.
     */
    SANWANG_QUEUE_FULL = 41,
    /**
     * The account is down and does not queue (`queue_offline=no`).
     */
    SANWANG_NOT_CONNECTED = 42,
    /**
     * The message cannot be made durable; it was not accepted.
     */
    SANWANG_STORE_FAILED = 43,
    /**
     * The gateway refused the login.
     */
    SANWANG_REFUSED = 44,
    /**
     * The protocol has no such request.
     */
    SANWANG_UNSUPPORTED = 45,
    /**
     * An answer is awaited before this can be done: try again after it.
     */
    SANWANG_IN_FLIGHT = 46,
    /**
     * A link has no peer of this name: it is neither dialled nor has it logged in.
     */
    SANWANG_NO_PEER = 47,
    /**
     * The request was not written in time.
     */
    SANWANG_NOT_SENT = 48,
    /**
     * The request was written, and no answer came in time.
     */
    SANWANG_NO_ANSWER = 49,
    /**
     * The request was written, and the connection ended before the answer came.
     */
    SANWANG_LOST = 50,
    /**
     * The request was answered before, or its connection is gone.
     */
    SANWANG_STALE = 51,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_result_t sanwang_result_t;
#else
typedef int32_t sanwang_result_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Kinds of events: bits, so that they make a set.
 */
enum sanwang_event_kind_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No event.
     */
    SANWANG_EVENT_NONE = 0,
    /**
     * An account's connections changed.
     */
    SANWANG_EVENT_STATE = 1,
    /**
     * The gateway answered one segment.
     */
    SANWANG_EVENT_RESPONSE = 2,
    /**
     * A status report came.
     */
    SANWANG_EVENT_REPORT = 4,
    /**
     * A ticket ended.
     */
    SANWANG_EVENT_OUTCOME = 8,
    /**
     * A message from a phone came, whole.
     */
    SANWANG_EVENT_DELIVER = 16,
    /**
     * A message towards a phone came to our gateway.
     */
    SANWANG_EVENT_SUBMIT = 32,
    /**
     * Input that could not be used.
     */
    SANWANG_EVENT_TROUBLE = 64,
    /**
     * A line for the log.
     */
    SANWANG_EVENT_LOG = 128,
    /**
     * All of them but those below, which few applications handle.
     */
    SANWANG_EVENT_ALL = 255,
    /**
     * An SP asks our gateway for the counts of a day.
     */
    SANWANG_EVENT_QUERY = 256,
    /**
     * An SP asks our gateway to take a message back.
     */
    SANWANG_EVENT_CANCEL = 512,
    /**
     * A peer of a link asks for something.
     */
    SANWANG_EVENT_LINK_REQUEST = 1024,
    /**
     * A request to a peer of a link ended.
     */
    SANWANG_EVENT_LINK_REPLY = 2048,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_event_kind_t sanwang_event_kind_t;
#else
typedef int32_t sanwang_event_kind_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where an account stands.
 */
enum sanwang_state_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing is connected and nothing is tried now.
     */
    SANWANG_STATE_OFFLINE = 0,
    /**
     * A connection is being made or is logging in.
     */
    SANWANG_STATE_CONNECTING = 1,
    /**
     * All connections that are wanted are logged in.
     */
    SANWANG_STATE_ONLINE = 2,
    /**
     * Some connections are logged in, fewer than wanted.
     */
    SANWANG_STATE_DEGRADED = 3,
    /**
     * No connection is open because none is needed: the healthy state of a quiet SGIP account. Sending dials.
     */
    SANWANG_STATE_IDLE = 4,
    /**
     * The gateway refused the login; it is tried again later and less often.
     */
    SANWANG_STATE_REFUSED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_state_t sanwang_state_t;
#else
typedef int32_t sanwang_state_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much a log line matters.
 */
enum sanwang_log_level_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No line.
     */
    SANWANG_LOG_NONE = 0,
    /**
     * Something is lost or refused.
     */
    SANWANG_LOG_ERROR = 1,
    /**
     * Something is odd.
     */
    SANWANG_LOG_WARN = 2,
    /**
     * Something changed.
     */
    SANWANG_LOG_INFO = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_log_level_t sanwang_log_level_t;
#else
typedef int32_t sanwang_log_level_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a ticket, or one of its segments, ended.
 */
enum sanwang_status_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There is none: the object or the segment does not exist.
     */
    SANWANG_STATUS_NONE = 0,
    /**
     * The gateway answered with an error.
     */
    SANWANG_STATUS_REJECTED = 1,
    /**
     * A final report says the handset did not get it.
     */
    SANWANG_STATUS_UNDELIVERED = 2,
    /**
     * `valid_for` ran out before it was sent.
     */
    SANWANG_STATUS_EXPIRED = 3,
    /**
     * Canceled, or not sent because an earlier segment was rejected.
     */
    SANWANG_STATUS_CANCELED = 4,
    /**
     * The client was closed before it was written to a connection.
     */
    SANWANG_STATUS_ABANDONED = 5,
    /**
     * Written to a connection, no answer came, and it was not sent again: it may or may not have arrived.
     */
    SANWANG_STATUS_IN_DOUBT = 6,
    /**
     * The gateway accepted it, but no final report came before the deadline or before the close.
     */
    SANWANG_STATUS_NO_REPORT = 7,
    /**
     * The gateway accepted it and no report was asked for.
     */
    SANWANG_STATUS_SENT = 8,
    /**
     * The other side acknowledged what a gateway pushed.
     */
    SANWANG_STATUS_ACKED = 9,
    /**
     * A report says the handset has it.
     */
    SANWANG_STATUS_DELIVERED = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_status_t sanwang_status_t;
#else
typedef int32_t sanwang_status_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What became of a request to take a message back.
 */
enum sanwang_cancellation_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There is no answer.
     */
    SANWANG_CANCELLATION_NONE = 0,
    /**
     * Nothing of it had been sent: its outcome is CANCELED.
     */
    SANWANG_CANCELLATION_NOT_SENT = 1,
    /**
     * The gateway has deleted every segment. An open ticket's outcome follows its report.
     */
    SANWANG_CANCELLATION_DELETED = 2,
    /**
     * The gateway did not delete at least one segment: it may still arrive.
     */
    SANWANG_CANCELLATION_REFUSED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_cancellation_t sanwang_cancellation_t;
#else
typedef int32_t sanwang_cancellation_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A choice that can be left to the account.
 */
enum sanwang_choice_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * As the account's settings say.
     */
    SANWANG_DEFAULT = 0,
    /**
     * Yes.
     */
    SANWANG_YES = 1,
    /**
     * No.
     */
    SANWANG_NO = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_choice_t sanwang_choice_t;
#else
typedef int32_t sanwang_choice_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a route is about.
 */
enum sanwang_route_kind_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Phone numbers: MT, TE, TeleSeg.
     */
    SANWANG_ROUTE_SEGMENT = 1,
    /**
     * A service number: MO, SP.
     */
    SANWANG_ROUTE_SERVICE = 2,
    /**
     * A gateway's own address and login (SGIP).
     */
    SANWANG_ROUTE_GATEWAY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_route_kind_t sanwang_route_kind_t;
#else
typedef int32_t sanwang_route_kind_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the length of a text is counted in.
 */
enum sanwang_unit_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Octets: ASCII, GB18030 and binary.
     */
    SANWANG_UNIT_OCTET = 0,
    /**
     * UTF-16 units: UCS-2. An emoji has two or more.
     */
    SANWANG_UNIT_UTF16 = 1,
    /**
     * Codes of the GSM 7-bit alphabet; an escaped character has two.
     */
    SANWANG_UNIT_SEPTET = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sanwang_unit_t sanwang_unit_t;
#else
typedef int32_t sanwang_unit_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A change of an account's connections.
 */
typedef struct sanwang_account_state_t sanwang_account_state_t;

/**
 * An SP asks to take a message back.
 */
typedef struct sanwang_cancel_event_t sanwang_cancel_event_t;

/**
 * An SP's client: one or more accounts, and the messages that go through them. Every thread may use it, until it
 * is freed.
 */
typedef struct sanwang_client_t sanwang_client_t;

/**
 * Accounts, routes and settings of a client. One thread at a time may use it. Opening a client does not consume
 * it: it can be used again, changed and freed.
 */
typedef struct sanwang_config_t sanwang_config_t;

/**
 * A message from a phone (MO), joined from its parts.
 */
typedef struct sanwang_deliver_t sanwang_deliver_t;

/**
 * Why a call failed. Made by the call, freed by the caller with sanwang_error_free.
 */
typedef struct sanwang_error_t sanwang_error_t;

/**
 * A polled event. It belongs to the application, which frees it with sanwang_event_free. What its accessors give
 * is valid until then.
 */
typedef struct sanwang_event_t sanwang_event_t;

/**
 * A gateway: SPs log in to it, it answers their submits and pushes status reports and messages from phones to them.
 * Every thread may use it, until it is freed.
 */
typedef struct sanwang_gateway_t sanwang_gateway_t;

/**
 * What became of a request to a peer of a link.
 */
typedef struct sanwang_link_reply_t sanwang_link_reply_t;

/**
 * A PDU with which a peer of a link asks for something.
 */
typedef struct sanwang_link_request_t sanwang_link_request_t;

/**
 * Raw, authenticated connections of any role and login type. A link has peers: those it dials, and those that log in
 * on its listeners. Any PDU but login, end and link test can be requested of a peer, and any PDU a peer asks with can
 * be answered. PDUs are the octets of their frames. Every thread may use it, until it is freed.
 */
typedef struct sanwang_link_t sanwang_link_t;

/**
 * A line for the log. Numbers and contents are masked.
 */
typedef struct sanwang_log_t sanwang_log_t;

/**
 * Somebody who wants to log in to a gateway, and waits for sanwang_login_answer or sanwang_login_refuse: at most
 * `login_timeout`. One thread at a time may use it. It outlives its gateway.
 */
typedef struct sanwang_login_t sanwang_login_t;

/**
 * Octets or text that a call made. Given out by the call, freed by the caller with sanwang_octets_free.
 */
typedef struct sanwang_octets_t sanwang_octets_t;

/**
 * How a ticket ended: its one terminal event.
 */
typedef struct sanwang_outcome_t sanwang_outcome_t;

/**
 * An SP asks for the counts of a day.
 */
typedef struct sanwang_query_event_t sanwang_query_event_t;

/**
 * A status report (回执) on one segment.
 */
typedef struct sanwang_report_t sanwang_report_t;

/**
 * The gateway's answer to one segment.
 */
typedef struct sanwang_response_t sanwang_response_t;

/**
 * A route that was found, as it was then. Freed with sanwang_route_entry_free.
 */
typedef struct sanwang_route_entry_t sanwang_route_entry_t;

/**
 * A route server's table (GNS), or a gateway's replica of it. Every thread and link may use it, until it is freed.
 */
typedef struct sanwang_route_table_t sanwang_route_table_t;

/**
 * A gateway that plays a carrier: it answers submits, reports on them and delivers, by rules. Every thread may use
 * it, until it is freed.
 */
typedef struct sanwang_simulator_t sanwang_simulator_t;

/**
 * A message towards a phone, or one segment of it, that came to a gateway.
 */
typedef struct sanwang_submit_event_t sanwang_submit_event_t;

/**
 * Input that could not be used, or a tolerated oddity worth knowing.
 */
typedef struct sanwang_trouble_t sanwang_trouble_t;

/**
 * What a carrier counted for an SP on one day. Fields are only ever added at the end.
 */
typedef struct sanwang_day_counts_t {
    /**
     * Messages taken from the SP.
     */
    uint32_t mt_messages;
    /**
     * Receivers of these messages.
     */
    uint32_t mt_receivers;
    /**
     * Forwarded successfully.
     */
    uint32_t mt_sent;
    /**
     * Waiting to be forwarded.
     */
    uint32_t mt_waiting;
    /**
     * Not forwarded for good.
     */
    uint32_t mt_failed;
    /**
     * Messages from phones delivered to the SP.
     */
    uint32_t mo_delivered;
    /**
     * Messages from phones that wait for the SP.
     */
    uint32_t mo_waiting;
    /**
     * Messages from phones not delivered for good.
     */
    uint32_t mo_failed;
} sanwang_day_counts_t;

/**
 * Handlers of a client's events, or the kinds of events to poll; all zero for neither. A kind without a handler
 * is not made; without on_log, warnings go to stderr.
 *
 * Handlers run on threads of the library: those of one account one at a time and in order, those of several
 * accounts at once. A handler may call everything but wait, wait_online, close and free on the client, and must
 * return: it may not jump out (longjmp, a C++ exception). The object it is given is valid until it returns.
 */
typedef struct sanwang_client_handlers_t {
    /**
     * A ticket ended.
     */
    void (*on_outcome)(const struct sanwang_outcome_t *outcome, void *user);
    /**
     * A message from a phone came. It is answered when the handler has returned.
     */
    void (*on_deliver)(const struct sanwang_deliver_t *deliver, void *user);
    /**
     * A status report came. It is answered when the handler has returned.
     */
    void (*on_report)(const struct sanwang_report_t *report, void *user);
    /**
     * The gateway answered one segment.
     */
    void (*on_response)(const struct sanwang_response_t *response, void *user);
    /**
     * An account's connections changed.
     */
    void (*on_state)(const struct sanwang_account_state_t *state, void *user);
    /**
     * Input came that could not be used.
     */
    void (*on_trouble)(const struct sanwang_trouble_t *trouble, void *user);
    /**
     * A line for the log.
     */
    void (*on_log)(const struct sanwang_log_t *log, void *user);
    /**
     * Given to every handler.
     */
    void *user;
    /**
     * Called exactly once with `user`, after the last handler: by sanwang_client_free, or by the handler that
     * still ran then; or by an open that failed.
     */
    void (*user_free)(void *user);
    /**
     * Kinds of events (sanwang_event_kind_t, added up) that sanwang_client_poll takes; there are no handlers
     * then.
     */
    uint64_t poll_kinds;
    /**
     * As on_deliver, in its place: not 0 leaves the answer for sanwang_client_handled with the deliver's token. What
     * is not handled within the account's `ack_within` is answered then, and counted.
     */
    int32_t (*on_deliver_later)(const struct sanwang_deliver_t *deliver, void *user);
} sanwang_client_handlers_t;

/**
 * What an account counted since the client was opened. Fields are only ever added at the end.
 */
typedef struct sanwang_counters_t {
    /**
     * Segments written.
     */
    uint64_t sent;
    /**
     * Answers that accepted.
     */
    uint64_t accepted;
    /**
     * Answers that refused for good.
     */
    uint64_t rejected;
    /**
     * Answers that asked to slow down.
     */
    uint64_t congested;
    /**
     * Requests without answer in time.
     */
    uint64_t unanswered;
    /**
     * Answers after their time.
     */
    uint64_t late;
    /**
     * Reports that came.
     */
    uint64_t reports;
    /**
     * Reports that no message of ours is known for.
     */
    uint64_t reports_unmatched;
    /**
     * Deliver PDUs that came.
     */
    uint64_t delivers;
    /**
     * Requests answered by `ack_within` because the application had not.
     */
    uint64_t acked_unhandled;
    /**
     * Logins that succeeded.
     */
    uint64_t logins;
    /**
     * Logins that were refused.
     */
    uint64_t refusals;
    /**
     * Sessions that ended otherwise than in order.
     */
    uint64_t breaks;
    /**
     * Frames that could not be used.
     */
    uint64_t troubles;
    /**
     * Tickets decided.
     */
    uint64_t outcomes;
    /**
     * Gateway digests that were all zero.
     */
    uint64_t empty_digests;
    /**
     * Submit PDUs that came to a gateway.
     */
    uint64_t submits;
    /**
     * Requests refused as busy because the peer had more than `inbound_window` open at once.
     */
    uint64_t refused_busy;
    /**
     * Requests written again after silence (`resend`).
     */
    uint64_t resent;
    /**
     * Submits refused at a gateway because more came than `rate` allows.
     */
    uint64_t refused_rate;
} sanwang_counters_t;

/**
 * What a close left behind. Fields are only ever added at the end.
 */
typedef struct sanwang_left_t {
    /**
     * Tickets never written to a connection.
     */
    uint64_t abandoned;
    /**
     * Tickets written without answer.
     */
    uint64_t in_doubt;
    /**
     * Tickets accepted whose report was open.
     */
    uint64_t no_report;
} sanwang_left_t;

/**
 * Handlers of a gateway's events, or the kinds of events to poll; all zero for neither. A kind without a handler
 * is not made; submits are refused as busy then. Without on_log, warnings go to stderr.
 *
 * Handlers run on threads of the library: those of one account one at a time and in order, those of several
 * accounts at once. A handler may call everything but wait, close and free on the gateway, and must return: it may
 * not jump out (longjmp, a C++ exception). The object it is given is valid until it returns.
 */
typedef struct sanwang_gateway_handlers_t {
    /**
     * A message towards a phone came. What this returns is the answer: SANWANG_ACCEPT, a result code of the carrier
     * to refuse it with, or SANWANG_LATER.
     */
    uint32_t (*on_submit)(const struct sanwang_submit_event_t *submit, void *user);
    /**
     * A push ended: SANWANG_STATUS_ACKED, or why not.
     */
    void (*on_outcome)(const struct sanwang_outcome_t *outcome, void *user);
    /**
     * An account's connections changed.
     */
    void (*on_state)(const struct sanwang_account_state_t *state, void *user);
    /**
     * Input came that could not be used.
     */
    void (*on_trouble)(const struct sanwang_trouble_t *trouble, void *user);
    /**
     * A line for the log.
     */
    void (*on_log)(const struct sanwang_log_t *log, void *user);
    /**
     * Somebody wants to log in who is not among the accounts that the gateway was opened with. Writes the secret of
     * `name`, with a NUL at its end, to `secret`, which has room for `secret_size` octets, and returns 1. Returns 0 when
     * there is no such account: its address has to wait after the fourth, as after wrong secrets (wrong_login_delay).
     * Returns SANWANG_NOT_NOW when the account is not let in now: the SP sees the status of a wrong secret, and it does
     * not count as one; any other value is taken like that. `protocol` is `cmpp`, `sgip` or `smgp`. It must not block:
     * other connections wait meanwhile. It goes with polling, too.
     */
    int32_t (*look_up)(const char *protocol, const char *name, char *secret, size_t secret_size, void *user);
    /**
     * Given to every handler.
     */
    void *user;
    /**
     * Called exactly once with `user`, after the last handler: by sanwang_gateway_free, or by the handler that
     * still ran then; or by an open that failed.
     */
    void (*user_free)(void *user);
    /**
     * Kinds of events (sanwang_event_kind_t, added up) that sanwang_gateway_poll takes; there are no handlers
     * then, but look_up and look_up_later.
     */
    uint64_t poll_kinds;
    /**
     * An SP asks for the counts of a day. Fills `counts`, which are all zero, and returns 1; or returns 0 to leave the
     * answer for sanwang_gateway_answer_query. Without it such requests are skipped.
     */
    int32_t (*on_query)(const struct sanwang_query_event_t *query,
                        struct sanwang_day_counts_t *counts,
                        void *user);
    /**
     * An SP asks to take a message back. Returns SANWANG_ACCEPT when it is done, 1 when it is not, or SANWANG_LATER.
     * Without it such requests are refused.
     */
    uint32_t (*on_cancel)(const struct sanwang_cancel_event_t *cancel, void *user);
    /**
     * As look_up, for a secret that is looked up elsewhere, in a database for example: takes `login`, returns at once,
     * and sanwang_login_answer or sanwang_login_refuse follows from any thread. Only that login waits meanwhile, at most
     * login_timeout. Where it is given, look_up is not asked.
     */
    void (*look_up_later)(struct sanwang_login_t *login, void *user);
    /**
     * Settings of single accounts, on top of those of their listener, such as `connections`, `bind_from` or `rate`:
     * name, key, value and so on, with NULL at the end; NULL: none. Copied by open.
     */
    const char *const *account_settings;
} sanwang_gateway_handlers_t;

/**
 * What a status report says about the submit it is on: plain memory to copy, keep and store, filled by
 * sanwang_submit_event_ref or by hand. It stays good when the event and even the gateway are gone: a gateway that
 * is opened later can report on it. Texts end with a NUL. Fields are only ever added at the end.
 */
typedef struct sanwang_submit_ref_t {
    /**
     * Name of the account.
     */
    char account[64];
    /**
     * The id that the submit was given, as sanwang_submit_event_message_id writes it.
     */
    char message_id[40];
    /**
     * The receiver that the report is on.
     */
    char receiver[40];
    /**
     * The access number it was sent from.
     */
    char sender[40];
    /**
     * When it came, milliseconds since 1970 UTC.
     */
    int64_t time;
    /**
     * The first octets of its content, which SMGP repeats in reports.
     */
    uint8_t excerpt[20];
    /**
     * Number of octets in `excerpt`.
     */
    uint32_t excerpt_len;
} sanwang_submit_ref_t;

/**
 * A message from a phone, to be pushed to an SP. `sender`, `receiver` and one of `text` and `content` are required;
 * every field that is zero has its default. Fields are only ever added at the end. Everything is copied by the call.
 */
typedef struct sanwang_mo_t {
    /**
     * The phone.
     */
    const char *sender;
    /**
     * The access number it wrote to.
     */
    const char *receiver;
    /**
     * What it wrote; the library encodes and cuts it.
     */
    const char *text;
    /**
     * How the text becomes octets (`auto`, `ucs2`, `gb18030` ...), by default as the listener's `coding` says; or what
     * the octets are: a number or `binary`, the default there.
     */
    const char *coding;
    /**
     * LinkID of an on-demand service.
     */
    const char *link_id;
    /**
     * Service_Id.
     */
    const char *service_id;
    /**
     * The caller's own name for it; comes back in its outcome.
     */
    const char *reference;
    /**
     * Octets instead of text: they go out as they are.
     */
    const uint8_t *content;
    /**
     * Number of octets.
     */
    size_t content_len;
    /**
     * User data header of the octets with its length octet, for example port addressing.
     */
    const uint8_t *udh;
    /**
     * Number of octets of the header.
     */
    size_t udh_len;
    /**
     * Whether it is a flash message (class 0), a sanwang_choice_t.
     */
    int64_t flash;
} sanwang_mo_t;

/**
 * Handlers of a link's events, or the kinds of events to poll; all zero for neither. A kind without a handler is not
 * made; requests are refused then. Without on_log, warnings go to stderr.
 *
 * Handlers run on threads of the library: those of one peer one at a time and in order, those of several peers at
 * once. A handler may call everything but sanwang_link_request, wait_online, close and free on the link, and must
 * return: it may not jump out (longjmp, a C++ exception). The object it is given is valid until it returns.
 */
typedef struct sanwang_link_handlers_t {
    /**
     * A peer asks for something. Answers with sanwang_link_request_answer and returns SANWANG_LINK_REFUSE (0), which
     * then has nothing to refuse; or returns SANWANG_LINK_BUSY, or SANWANG_LATER to leave the answer for
     * sanwang_link_answer.
     */
    uint32_t (*on_request)(const struct sanwang_link_request_t *request, void *user);
    /**
     * A request of sanwang_link_ask ended.
     */
    void (*on_reply)(const struct sanwang_link_reply_t *reply, void *user);
    /**
     * A peer's connections changed.
     */
    void (*on_state)(const struct sanwang_account_state_t *state, void *user);
    /**
     * Input came that could not be used.
     */
    void (*on_trouble)(const struct sanwang_trouble_t *trouble, void *user);
    /**
     * A line for the log.
     */
    void (*on_log)(const struct sanwang_log_t *log, void *user);
    /**
     * A peer wants to log in who is not among those that the link was opened with: as look_up of a gateway.
     */
    int32_t (*look_up)(const char *protocol, const char *name, char *secret, size_t secret_size, void *user);
    /**
     * Given to every handler.
     */
    void *user;
    /**
     * Called exactly once with `user`, after the last handler: by sanwang_link_free, or by the handler that still ran
     * then; or by an open that failed.
     */
    void (*user_free)(void *user);
    /**
     * Kinds of events (sanwang_event_kind_t, added up) that sanwang_link_poll takes; there are no handlers then, but
     * look_up.
     */
    uint64_t poll_kinds;
} sanwang_link_handlers_t;

/**
 * A sequence of SGIP: what names a message on its whole way. Fields are only ever added at the end.
 */
typedef struct sanwang_sequence_t {
    /**
     * The node that made it.
     */
    uint32_t node;
    /**
     * When: MMDDHHMMSS as a number.
     */
    uint32_t time;
    /**
     * Its number.
     */
    uint32_t serial;
} sanwang_sequence_t;

/**
 * One route. Fields of another kind than its own are zero, and those that are zero have their default. Fields are only
 * ever added at the end. Texts that go in are copied by the call; texts of a sanwang_route_entry_t are borrowed from it.
 */
typedef struct sanwang_route_t {
    /**
     * A sanwang_route_kind_t.
     */
    int32_t kind;
    /**
     * Its number among those of its kind, which the table gives it.
     */
    uint32_t id;
    /**
     * Code of the gateway that it leads to.
     */
    const char *gateway;
    /**
     * IPv4 address of the gateway; NULL: `0.0.0.0`, as in SGIP.
     */
    const char *address;
    /**
     * Port of the gateway; 0 in SGIP.
     */
    uint32_t port;
    /**
     * Segment: kind of user.
     */
    uint32_t user_type;
    /**
     * Segment: the first number segment, such as `1390100`.
     */
    const char *first;
    /**
     * Segment: the last number segment; NULL: the first.
     */
    const char *last;
    /**
     * Segment: area or province code.
     */
    const char *area;
    /**
     * Service: SP_Id, SPID or CorpId.
     */
    const char *sp_id;
    /**
     * Service: SP_Code, SPCode or SPNumber.
     */
    const char *sp_code;
    /**
     * Service: Service_Id or ServiceTag; NULL: not bound to a service.
     */
    const char *service_id;
    /**
     * Service: the first service number.
     */
    uint32_t first_code;
    /**
     * Service: the last service number.
     */
    uint32_t last_code;
    /**
     * Service: 0 main access point, 1 mirror.
     */
    uint32_t access;
    /**
     * Service: 0 local SP, 1 national SP (SMGP).
     */
    uint32_t sp_type;
    /**
     * Gateway: login name for it.
     */
    const char *user;
    /**
     * Gateway: its password.
     */
    const char *password;
    /**
     * Last change, milliseconds since 1970 UTC; the table sets it.
     */
    int64_t changed;
} sanwang_route_t;

/**
 * A message to one receiver. Only `receiver` and one of `text` and `content` are required; every field that is
 * zero has its default. Fields are only ever added at the end. Everything is copied by the call.
 */
typedef struct sanwang_submit_t {
    /**
     * The receiver: 11 digits, with or without `86`, `+86` or `0086`.
     */
    const char *receiver;
    /**
     * The text; the library encodes and cuts it.
     */
    const char *text;
    /**
     * Octets instead of text: they go out as they are.
     */
    const uint8_t *content;
    /**
     * Number of octets.
     */
    size_t content_len;
    /**
     * User data header of the octets with its length octet, for example port addressing.
     */
    const uint8_t *udh;
    /**
     * Number of octets of the header.
     */
    size_t udh_len;
    /**
     * How text becomes octets (`auto`, `cheapest`, `ascii`, `ucs2`, `gb18030` ... or a number), or what the octets
     * are: a number or `binary`, the default there.
     */
    const char *coding;
    /**
     * Access number shown to the receiver; default: the account's `sender`.
     */
    const char *sender;
    /**
     * The caller's own name for the message; comes back in every event.
     */
    const char *reference;
    /**
     * The caller's own number for the message; comes back in every event.
     */
    uint64_t user_data;
    /**
     * Name of the account to use; default: by rule or by the receiver's number segment.
     */
    const char *account;
    /**
     * Carrier fields of this message: setting keys and values that alternate, and NULL at the end.
     */
    const char *const *fields;
    /**
     * How many milliseconds the message may wait before it is sent. 0: as the account says; negative: no limit.
     */
    int64_t valid_for_ms;
    /**
     * Whether a status report is wanted, a sanwang_choice_t.
     */
    int32_t report;
    /**
     * Whether the handset shows the text at once and does not keep it, a sanwang_choice_t.
     */
    int32_t flash;
} sanwang_submit_t;

/**
 * What a simulator has done. Fields are only ever added at the end.
 */
typedef struct sanwang_simulator_counts_t {
    /**
     * Submits that came, one a segment.
     */
    uint64_t submits;
    /**
     * Submits it accepted.
     */
    uint64_t accepted;
    /**
     * Submits it refused.
     */
    uint64_t refused;
    /**
     * Reports it pushed.
     */
    uint64_t reports;
    /**
     * Messages from phones it pushed.
     */
    uint64_t delivers;
    /**
     * Pushes that were acknowledged.
     */
    uint64_t acked;
    /**
     * Pushes that were not.
     */
    uint64_t failed;
} sanwang_simulator_counts_t;

/**
 * What a text costs. Fields are only ever added at the end.
 */
typedef struct sanwang_preview_t {
    /**
     * The data coding octet that would be used.
     */
    uint32_t coding;
    /**
     * Segments, which is what a carrier bills.
     */
    uint32_t segments;
    /**
     * Characters as Unicode counts them.
     */
    uint32_t characters;
    /**
     * Length of the text in units.
     */
    uint32_t units;
    /**
     * Units that can be added without one more segment.
     */
    uint32_t room_left;
    /**
     * Units that a segment holds.
     */
    uint32_t room_per_segment;
    /**
     * What a unit is, a sanwang_unit_t.
     */
    uint32_t unit;
    /**
     * Always 0.
     */
    uint32_t reserved;
} sanwang_preview_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Asks the carrier what it counted for an account on one day, waiting for the answer up to `timeout_ms` (negative:
 * without limit). `account` NULL: the first. `day` is `YYYYMMDD`. `service` is the service code to count; NULL: all.
 * `counts_size` is `sizeof` the struct. Many gateways do not answer it.
 *
 * SANWANG_UNSUPPORTED: SGIP has no such request. SANWANG_NOT_FOUND: no such account. SANWANG_NOT_CONNECTED,
 * SANWANG_TIMEOUT: no answer. SANWANG_WOULD_DEADLOCK: in a handler. SANWANG_CLOSED.
 */
sanwang_result_t sanwang_client_query(struct sanwang_client_t *client,
                                      const char *account,
                                      const char *day,
                                      const char *service,
                                      int64_t timeout_ms,
                                      struct sanwang_day_counts_t *counts,
                                      size_t counts_size,
                                      struct sanwang_error_t **err);

/**
 * Takes a message back by its ticket. What has not been sent is not sent, whatever the protocol. Segments that the
 * gateway has accepted are cancelled there (CMPP), waiting for its answers up to `timeout_ms` (negative: without limit).
 * `result`, where not NULL, becomes a sanwang_cancellation_t.
 *
 * SANWANG_UNSUPPORTED: something was sent, and the protocol cannot cancel (SGIP, SMGP). SANWANG_IN_FLIGHT: an answer is
 * awaited, cancel again after it. SANWANG_NOT_FOUND: the ticket has its outcome, or is none. SANWANG_NOT_CONNECTED,
 * SANWANG_TIMEOUT: no answer. SANWANG_WOULD_DEADLOCK: in a handler. SANWANG_CLOSED.
 */
sanwang_result_t sanwang_client_cancel(struct sanwang_client_t *client,
                                       uint64_t ticket,
                                       int64_t timeout_ms,
                                       int32_t *result,
                                       struct sanwang_error_t **err);

/**
 * As sanwang_client_cancel, for one segment by the id that the gateway gave it (CMPP), also one of an earlier run of
 * the program. `account` NULL: the first.
 */
sanwang_result_t sanwang_client_cancel_id(struct sanwang_client_t *client,
                                          const char *account,
                                          const char *id,
                                          int64_t timeout_ms,
                                          int32_t *result,
                                          struct sanwang_error_t **err);

/**
 * Opens a client with one account, given by its URL. Checks settings and returns; it does not wait for the
 * network: sanwang_client_wait_online does. Handlers may run before this has stored the client in `out`.
 *
 * `handlers` may be NULL, with size 0: outcomes can be asked for by ticket then. SANWANG_BAD_SETTING: the URL is
 * wrong. SANWANG_SYSTEM: no thread, listening address or secret file. Where it fails, `out` becomes NULL.
 */
sanwang_result_t sanwang_client_open(struct sanwang_client_t **out,
                                     const char *url,
                                     const struct sanwang_client_handlers_t *handlers,
                                     size_t handlers_size,
                                     struct sanwang_error_t **err);

/**
 * Opens a client with the accounts, routes and settings of a configuration, as sanwang_client_open does. The
 * configuration is not consumed.
 *
 * SANWANG_BAD_CONFIG: it has no account, or a route names one that it does not have.
 */
sanwang_result_t sanwang_client_open_config(struct sanwang_client_t **out,
                                            const struct sanwang_config_t *config,
                                            const struct sanwang_client_handlers_t *handlers,
                                            size_t handlers_size,
                                            struct sanwang_error_t **err);

/**
 * Waits until every account is online, or idle and able to dial (SGIP). A negative time is without limit.
 *
 * SANWANG_REFUSED: the gateway refused the login; the message says why. SANWANG_TIMEOUT: not in time; the message
 * says where the accounts stand. SANWANG_CLOSED: closed, also meanwhile. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_client_wait_online(struct sanwang_client_t *client,
                                            int64_t timeout_ms,
                                            struct sanwang_error_t **err);

/**
 * Waits until every ticket has its outcome and the handlers of those events have returned. A negative time is
 * without limit. SANWANG_TIMEOUT: not in time. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_client_wait(struct sanwang_client_t *client, int64_t timeout_ms);

/**
 * Gives the outcome of a ticket, waiting for it up to `timeout_ms` (negative: without limit). Free it with
 * sanwang_outcome_free. Outcomes can be asked for until 10 minutes after their event, the last 65536 of them.
 *
 * SANWANG_TIMEOUT: there is none yet; `outcome` becomes NULL. SANWANG_WOULD_DEADLOCK: in a handler, when it would
 * have to wait. The ticket of the handler's own event has its outcome by then.
 */
sanwang_result_t sanwang_client_outcome(struct sanwang_client_t *client,
                                        uint64_t ticket,
                                        int64_t timeout_ms,
                                        struct sanwang_outcome_t **outcome,
                                        struct sanwang_error_t **err);

/**
 * Takes up to `cap` events of a client that was opened with `poll_kinds`, waiting up to `timeout_ms` for the first
 * (negative: without limit; 0: not at all). Free each with sanwang_event_free. Several threads may poll.
 *
 * Gives the number of events in `out`; 0: none in time; negative: a sanwang_result_t with a minus sign.
 * -SANWANG_CLOSED: the client is closed, and no events are left.
 */
int32_t sanwang_client_poll(struct sanwang_client_t *client,
                            struct sanwang_event_t **out,
                            size_t cap,
                            int64_t timeout_ms);

/**
 * Says where an account stands. `account` NULL: the first. `state`, where not NULL, becomes a sanwang_state_t.
 * `reason`, where not NULL, gets why, in words, cut to `reason_size` octets with the NUL at its end.
 *
 * SANWANG_NOT_FOUND: no such account.
 */
sanwang_result_t sanwang_client_state(struct sanwang_client_t *client,
                                      const char *account,
                                      int32_t *state,
                                      char *reason,
                                      size_t reason_size);

/**
 * Says what an account has counted. `account` NULL: all accounts, added up. SANWANG_NOT_FOUND: no such account.
 */
sanwang_result_t sanwang_client_counters(struct sanwang_client_t *client,
                                         const char *account,
                                         struct sanwang_counters_t *counters,
                                         size_t counters_size);

/**
 * The metrics of all accounts in the text format of Prometheus (docs/metrics.md): counters, queues, windows, and how
 * long segments were held back. Writes as much as `page_size` octets hold, with a NUL at the end, and gives the length
 * of the whole page without the NUL, as snprintf does: where that is not below `page_size`, it was cut off. `page` may
 * be NULL with size 0. 0 for NULL and in a forked child.
 */
size_t sanwang_client_metrics(const struct sanwang_client_t *client,
                              char *page,
                              size_t page_size);

/**
 * Number of tickets whose outcome has not been handled; 0 for NULL and in a forked child.
 */
uint64_t sanwang_client_open_tickets(const struct sanwang_client_t *client);

/**
 * Ends the client: no new messages; queued ones and answers until the deadline (negative: without limit); then
 * what is left is decided and counted in `left`, which may be NULL with size 0. Returns after the last handler or
 * at the deadline. Closing twice is no error. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_client_close(struct sanwang_client_t *client,
                                      int64_t deadline_ms,
                                      struct sanwang_left_t *left,
                                      size_t left_size);

/**
 * Frees a client. Never waits: what is not decided by then ends without outcome, so close it first. After this no
 * handler starts; one that still runs may finish but not use the client any more. NULL is allowed.
 */
void sanwang_client_free(struct sanwang_client_t *client);

/**
 * A configuration without accounts. Free it with sanwang_config_free.
 */
struct sanwang_config_t *sanwang_config_new(void);

/**
 * Adds an account by its URL. `name` is its name in events, routes and logs; NULL: the URL's user. `settings` are
 * keys and values that stand beside the URL and rule over it, alternating and with NULL at the end; NULL: none.
 *
 * SANWANG_BAD_SETTING: the URL or a setting is wrong. SANWANG_BAD_CONFIG: there is an account of this name.
 */
sanwang_result_t sanwang_config_account(struct sanwang_config_t *config,
                                        const char *name,
                                        const char *url,
                                        const char *const *settings,
                                        struct sanwang_error_t **err);

/**
 * Adds a routing rule; the first that fits a receiver is taken. `carrier` is `mobile`, `unicom`, `telecom` or
 * `broadnet`, NULL for any; `prefix` is how the number begins in national form, NULL for any. `accounts` are names
 * in order of preference, with NULL at the end: the next one is taken when the first is down.
 *
 * SANWANG_NOT_FOUND: no such carrier. That the accounts exist is checked when the client is opened.
 */
sanwang_result_t sanwang_config_route(struct sanwang_config_t *config,
                                      const char *carrier,
                                      const char *prefix,
                                      const char *const *accounts,
                                      struct sanwang_error_t **err);

/**
 * Takes over the accounts, routes and engine settings of a file in TOML, as examples/data/accounts.toml. Accounts and
 * routes come after those that the configuration has. A relative `secret_file` starts at the folder of the file.
 *
 * SANWANG_SYSTEM: the file cannot be read. SANWANG_BAD_CONFIG: what it says is wrong, or an account has a name that the
 * configuration has already; the message names table and key. Nothing is taken over then.
 */
sanwang_result_t sanwang_config_load(struct sanwang_config_t *config,
                                     const char *path,
                                     struct sanwang_error_t **err);

/**
 * Sets a setting of the engine: threads, queues, logs. docs/settings.md lists them.
 *
 * SANWANG_BAD_SETTING: an unknown key or a value that it does not take. Nothing is changed then.
 */
sanwang_result_t sanwang_config_set(struct sanwang_config_t *config,
                                    const char *key,
                                    const char *value,
                                    struct sanwang_error_t **err);

/**
 * Frees a configuration. NULL is allowed. Clients that were opened with it go on.
 */
void sanwang_config_free(struct sanwang_config_t *config);

/**
 * Name of the account it came on.
 */
const char *sanwang_deliver_account(const struct sanwang_deliver_t *deliver);

/**
 * The connection its last part came on.
 */
uint32_t sanwang_deliver_connection(const struct sanwang_deliver_t *deliver);

/**
 * When its last part came, milliseconds since 1970 UTC.
 */
int64_t sanwang_deliver_time(const struct sanwang_deliver_t *deliver);

/**
 * The token for sanwang_client_handled; 0 when it has been answered already.
 */
uint64_t sanwang_deliver_token(const struct sanwang_deliver_t *deliver);

/**
 * The phone.
 */
const char *sanwang_deliver_sender(const struct sanwang_deliver_t *deliver);

/**
 * The access number it was sent to, with its extension.
 */
const char *sanwang_deliver_receiver(const struct sanwang_deliver_t *deliver);

/**
 * The gateway's id of its last part.
 */
const char *sanwang_deliver_message_id(const struct sanwang_deliver_t *deliver);

/**
 * The text; NULL for binary content. A character U+0000 in it is given as U+FFFD.
 */
const char *sanwang_deliver_text(const struct sanwang_deliver_t *deliver);

/**
 * The octets, without user data headers.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_deliver_octets(const struct sanwang_deliver_t *deliver, size_t *len);

/**
 * The data coding octet.
 */
uint32_t sanwang_deliver_coding(const struct sanwang_deliver_t *deliver);

/**
 * Message class: 0 flash, 1 phone, 2 card, 3 terminal equipment; -1 when it has none.
 */
int32_t sanwang_deliver_message_class(const struct sanwang_deliver_t *deliver);

/**
 * The user data header of the first part; no octets when it had none.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_deliver_udh(const struct sanwang_deliver_t *deliver, size_t *len);

/**
 * LinkID of an on-demand service, to be sent back as the field `link_id` of the answer (sanwang_client_reply does);
 * may be empty.
 */
const char *sanwang_deliver_link_id(const struct sanwang_deliver_t *deliver);

/**
 * Service_Id, where the protocol has one.
 */
const char *sanwang_deliver_service_id(const struct sanwang_deliver_t *deliver);

/**
 * Parts that came.
 */
uint32_t sanwang_deliver_parts(const struct sanwang_deliver_t *deliver);

/**
 * Parts in all.
 */
uint32_t sanwang_deliver_total(const struct sanwang_deliver_t *deliver);

/**
 * 0: parts are missing, because their deadline passed or their reference was used again.
 */
int32_t sanwang_deliver_complete(const struct sanwang_deliver_t *deliver);

/**
 * 1: every part of it was in an earlier event, and the gateway sent it again because it had no answer.
 */
int32_t sanwang_deliver_repeated(const struct sanwang_deliver_t *deliver);

/**
 * The content of its last part as it came, with its user data header; no octets when the parts that came were given
 * up without a last one.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_deliver_raw(const struct sanwang_deliver_t *deliver,
                                   size_t *len);

/**
 * The name of a result, for example `QUEUE_FULL`; the same in every language. `UNKNOWN` for a number that is no
 * result.
 */
const char *sanwang_result_name(int32_t result);

/**
 * The result that the failed call returned; SANWANG_OK for NULL.
 */
sanwang_result_t sanwang_error_code(const struct sanwang_error_t *error);

/**
 * The name of the result, for example `QUEUE_FULL`; `OK` for NULL.
 */
const char *sanwang_error_name(const struct sanwang_error_t *error);

/**
 * What is wrong and what to do, in words; empty for NULL. Valid until the error is freed.
 */
const char *sanwang_error_message(const struct sanwang_error_t *error);

/**
 * The setting or field at fault, for example `service_id` or `receiver`; NULL where none is, and for NULL. Valid
 * until the error is freed.
 */
const char *sanwang_error_field(const struct sanwang_error_t *error);

/**
 * 1: the same call may succeed later. 0: it will not.
 */
int32_t sanwang_error_retriable(const struct sanwang_error_t *error);

/**
 * Frees an error. NULL is allowed.
 */
void sanwang_error_free(struct sanwang_error_t *error);

/**
 * The kind of an event; SANWANG_EVENT_NONE for NULL.
 */
sanwang_event_kind_t sanwang_event_kind(const struct sanwang_event_t *event);

/**
 * Name of the account the event belongs to; NULL for NULL.
 */
const char *sanwang_event_account(const struct sanwang_event_t *event);

/**
 * The event as an outcome; NULL for another kind.
 */
const struct sanwang_outcome_t *sanwang_event_outcome(const struct sanwang_event_t *event);

/**
 * The event as a message from a phone; NULL for another kind.
 */
const struct sanwang_deliver_t *sanwang_event_deliver(const struct sanwang_event_t *event);

/**
 * The event as a status report; NULL for another kind.
 */
const struct sanwang_report_t *sanwang_event_report(const struct sanwang_event_t *event);

/**
 * The event as the gateway's answer to a segment; NULL for another kind.
 */
const struct sanwang_response_t *sanwang_event_response(const struct sanwang_event_t *event);

/**
 * The event as a change of an account's connections; NULL for another kind.
 */
const struct sanwang_account_state_t *sanwang_event_state(const struct sanwang_event_t *event);

/**
 * The event as input that could not be used; NULL for another kind.
 */
const struct sanwang_trouble_t *sanwang_event_trouble(const struct sanwang_event_t *event);

/**
 * The event as a line for the log; NULL for another kind.
 */
const struct sanwang_log_t *sanwang_event_log(const struct sanwang_event_t *event);

/**
 * The event as a message towards a phone, which came to a gateway; NULL for another kind.
 */
const struct sanwang_submit_event_t *sanwang_event_submit(const struct sanwang_event_t *event);

/**
 * The event as a request for counts, which came to a gateway; NULL for another kind.
 */
const struct sanwang_query_event_t *sanwang_event_query(const struct sanwang_event_t *event);

/**
 * The event as a request to take a message back, which came to a gateway; NULL for another kind.
 */
const struct sanwang_cancel_event_t *sanwang_event_cancel(const struct sanwang_event_t *event);

/**
 * The event as a request of a link's peer; NULL for another kind.
 */
const struct sanwang_link_request_t *sanwang_event_link_request(const struct sanwang_event_t *event);

/**
 * The event as what became of a request to a link's peer; NULL for another kind.
 */
const struct sanwang_link_reply_t *sanwang_event_link_reply(const struct sanwang_event_t *event);

/**
 * Says that a delivery or report has been handled: the gateway gets its answer now. Without it the answer is sent
 * after the account's `ack_within`, and counted. For other kinds, for a second time and after
 * sanwang_client_free, nothing happens: a submit is answered by sanwang_gateway_answer.
 */
sanwang_result_t sanwang_event_handled(const struct sanwang_event_t *event);

/**
 * Frees an event. It does not answer it: sanwang_event_handled does. NULL is allowed.
 */
void sanwang_event_free(struct sanwang_event_t *event);

/**
 * Opens a gateway: it listens when this returns. `urls` are its listeners with their settings, URLs without user
 * such as `cmpp://0.0.0.0:7890?gateway_id=1001` (port 0: a free one), with NULL at the end. `accounts` are names and
 * secrets that alternate, with NULL at the end; NULL: none, and look_up of the handlers says who may log in.
 * `settings` are keys and values of the engine, such as `threads`, alternating and with NULL at the end; NULL: the
 * defaults. docs/settings.md lists both kinds of settings. Handlers may run before this has stored the gateway in
 * `out`.
 *
 * `handlers` may be NULL, with size 0: submits are refused as busy then. SANWANG_BAD_SETTING: a URL or setting is
 * wrong. SANWANG_BAD_CONFIG: two accounts of one name, or nobody could log in. SANWANG_SYSTEM: it cannot listen
 * there. Where it fails, `out` becomes NULL.
 */
sanwang_result_t sanwang_gateway_open(struct sanwang_gateway_t **out,
                                      const char *const *urls,
                                      const char *const *accounts,
                                      const char *const *settings,
                                      const struct sanwang_gateway_handlers_t *handlers,
                                      size_t handlers_size,
                                      struct sanwang_error_t **err);

/**
 * Opens a gateway from a file in TOML of listeners, accounts and engine settings, as examples/data/gateway.toml. A
 * relative `secret_file` starts at the folder of the file. `handlers` are those of sanwang_gateway_open; their look_up
 * is asked about names that the file does not have.
 *
 * SANWANG_SYSTEM: the file or a secret cannot be read, or it cannot listen. SANWANG_BAD_CONFIG: what the file says is
 * wrong; the message names table and key. Where it fails, `out` becomes NULL.
 */
sanwang_result_t sanwang_gateway_open_config(struct sanwang_gateway_t **out,
                                             const char *path,
                                             const struct sanwang_gateway_handlers_t *handlers,
                                             size_t handlers_size,
                                             struct sanwang_error_t **err);

/**
 * The address of listener `index`, in the order of the URLs from 0 and then of their adding, as `host:port` with the real
 * port; NULL where there is none, and in a forked child. Those behind one that is removed move up. Valid until the
 * gateway is freed.
 */
const char *sanwang_gateway_listener(const struct sanwang_gateway_t *gateway,
                                     size_t index);

/**
 * Waits until every push has its outcome and the handlers of those events have returned. A negative time is
 * without limit. SANWANG_TIMEOUT: not in time. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_gateway_wait(struct sanwang_gateway_t *gateway, int64_t timeout_ms);

/**
 * Gives the outcome of a push, waiting for it up to `timeout_ms` (negative: without limit). Free it with
 * sanwang_outcome_free. Outcomes can be asked for until 10 minutes after their event, the last 65536 of them.
 *
 * SANWANG_TIMEOUT: there is none yet; `outcome` becomes NULL. SANWANG_WOULD_DEADLOCK: in a handler, when it would
 * have to wait.
 */
sanwang_result_t sanwang_gateway_outcome(struct sanwang_gateway_t *gateway,
                                         uint64_t ticket,
                                         int64_t timeout_ms,
                                         struct sanwang_outcome_t **outcome,
                                         struct sanwang_error_t **err);

/**
 * Takes up to `cap` events of a gateway that was opened with `poll_kinds`, waiting up to `timeout_ms` for the first
 * (negative: without limit; 0: not at all). Free each with sanwang_event_free; answer each submit and cancel with
 * sanwang_gateway_answer, each query with sanwang_gateway_answer_query. Several threads may poll.
 *
 * Gives the number of events in `out`; 0: none in time; negative: a sanwang_result_t with a minus sign.
 * -SANWANG_CLOSED: the gateway is closed, and no events are left.
 */
int32_t sanwang_gateway_poll(struct sanwang_gateway_t *gateway,
                             struct sanwang_event_t **out,
                             size_t cap,
                             int64_t timeout_ms);

/**
 * Says what an account has counted since its first login, all its protocols and versions added up. `account` NULL:
 * all accounts. SANWANG_NOT_FOUND: no account of this name has logged in.
 */
sanwang_result_t sanwang_gateway_counters(struct sanwang_gateway_t *gateway,
                                          const char *account,
                                          struct sanwang_counters_t *counters,
                                          size_t counters_size);

/**
 * The metrics of all accounts and listeners in the text format of Prometheus (docs/metrics.md), as
 * sanwang_client_metrics gives those of a client.
 */
size_t sanwang_gateway_metrics(const struct sanwang_gateway_t *gateway, char *page, size_t page_size);

/**
 * Number of connections that ended without a login; 0 for NULL and in a forked child.
 */
uint64_t sanwang_gateway_turned_away(const struct sanwang_gateway_t *gateway);

/**
 * Ends a gateway: stops listening, pushes what is queued until the deadline (negative: without limit), ends every
 * session; what is left is counted in `left`, which may be NULL with size 0. Returns after the last handler or at
 * the deadline. Closing twice is no error. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_gateway_close(struct sanwang_gateway_t *gateway,
                                       int64_t deadline_ms,
                                       struct sanwang_left_t *left,
                                       size_t left_size);

/**
 * Frees a gateway. Never waits: what is not decided by then ends without outcome, so close it first. After this no
 * handler starts; one that still runs may finish but not use the gateway any more. NULL is allowed.
 */
void sanwang_gateway_free(struct sanwang_gateway_t *gateway);

/**
 * Name of the account that asks.
 */
const char *sanwang_query_event_account(const struct sanwang_query_event_t *query);

/**
 * The connection it came on.
 */
uint32_t sanwang_query_event_connection(const struct sanwang_query_event_t *query);

/**
 * When it came, milliseconds since 1970 UTC.
 */
int64_t sanwang_query_event_time(const struct sanwang_query_event_t *query);

/**
 * The token for sanwang_gateway_answer_query.
 */
uint64_t sanwang_query_event_token(const struct sanwang_query_event_t *query);

/**
 * The day, `YYYYMMDD`.
 */
const char *sanwang_query_event_day(const struct sanwang_query_event_t *query);

/**
 * The service code to count; NULL: all of them.
 */
const char *sanwang_query_event_service(const struct sanwang_query_event_t *query);

/**
 * Name of the account that asks.
 */
const char *sanwang_cancel_event_account(const struct sanwang_cancel_event_t *cancel);

/**
 * The connection it came on.
 */
uint32_t sanwang_cancel_event_connection(const struct sanwang_cancel_event_t *cancel);

/**
 * When it came, milliseconds since 1970 UTC.
 */
int64_t sanwang_cancel_event_time(const struct sanwang_cancel_event_t *cancel);

/**
 * The token for sanwang_gateway_answer: SANWANG_ACCEPT says that it is done, 1 that it is not.
 */
uint64_t sanwang_cancel_event_token(const struct sanwang_cancel_event_t *cancel);

/**
 * The id that the message was given.
 */
const char *sanwang_cancel_event_message_id(const struct sanwang_cancel_event_t *cancel);

/**
 * Answers a request for counts that on_query left for later, or that was polled. `counts_size` is `sizeof` the struct.
 * A token that was answered before is no error.
 */
sanwang_result_t sanwang_gateway_answer_query(struct sanwang_gateway_t *gateway,
                                              uint64_t token,
                                              const struct sanwang_day_counts_t *counts,
                                              size_t counts_size);

/**
 * `cmpp`, `sgip` or `smgp`.
 */
const char *sanwang_login_protocol(const struct sanwang_login_t *login);

/**
 * The login name.
 */
const char *sanwang_login_name(const struct sanwang_login_t *login);

/**
 * Where the connection comes from, as `host:port`.
 */
const char *sanwang_login_address(const struct sanwang_login_t *login);

/**
 * Answers a login and frees it: who knows `secret` is let in; NULL: there is no such account. Every thread may call
 * it, inside look_up_later and after it; it never blocks. Each login must be answered or refused once.
 */
sanwang_result_t sanwang_login_answer(struct sanwang_login_t *login,
                                      const char *secret,
                                      struct sanwang_error_t **err);

/**
 * Refuses a login and frees it: the account is not let in now, because it is blocked or its secret cannot be asked for.
 * The SP sees the status of a wrong secret, and it does not count as one. Otherwise as sanwang_login_answer.
 */
sanwang_result_t sanwang_login_refuse(struct sanwang_login_t *login,
                                      struct sanwang_error_t **err);

/**
 * Fills in what a status report on receiver `index` (from 0) of a submit has to say, to be kept for
 * sanwang_gateway_report_on. A submit that the gateway joined takes one report a part:
 * sanwang_submit_event_part_ref. `reference_size` is `sizeof` the struct. SANWANG_NOT_FOUND: it has no such receiver.
 */
sanwang_result_t sanwang_submit_event_ref(const struct sanwang_submit_event_t *submit,
                                          size_t index,
                                          struct sanwang_submit_ref_t *reference,
                                          size_t reference_size);

/**
 * As sanwang_submit_event_ref, for part `part` (from 0) of a submit that the gateway joined from several.
 */
sanwang_result_t sanwang_submit_event_part_ref(const struct sanwang_submit_event_t *submit,
                                               size_t index,
                                               size_t part,
                                               struct sanwang_submit_ref_t *reference,
                                               size_t reference_size);

/**
 * Answers a submit or cancel that its handler left for later (SANWANG_LATER), or that was polled: SANWANG_ACCEPT, or a
 * result code of the carrier. The library never does it by itself: an SP waits for it or sends again. A token that was
 * answered before is no error.
 */
sanwang_result_t sanwang_gateway_answer(struct sanwang_gateway_t *gateway,
                                        uint64_t token,
                                        uint32_t result);

/**
 * As sanwang_gateway_answer, `after_ms` from now. May be called before on_submit has returned SANWANG_LATER.
 */
sanwang_result_t sanwang_gateway_answer_after(struct sanwang_gateway_t *gateway,
                                              uint64_t token,
                                              uint32_t result,
                                              int64_t after_ms);

/**
 * Pushes a status report on a submit, `after_ms` from now: on each of its receivers, and on each part of a joined
 * one; `ticket` is that of the first report. `stat` is `DELIVRD`, `UNDELIV` ...,
 * up to 7 characters; SGIP's states are written so, too. `ticket`, where not NULL, becomes the handle that its
 * outcome names; it ends with SANWANG_STATUS_ACKED when the SP has acknowledged it. While the SP is away it waits, up
 * to the listener's `valid_for`. An SP expects it after the answer, and only where sanwang_submit_event_wants_report.
 *
 * SANWANG_TOO_LONG: `stat` does not fit. SANWANG_QUEUE_FULL, SANWANG_CLOSED.
 */
sanwang_result_t sanwang_gateway_report(struct sanwang_gateway_t *gateway,
                                        const struct sanwang_submit_event_t *submit,
                                        const char *stat,
                                        int64_t after_ms,
                                        uint64_t *ticket,
                                        struct sanwang_error_t **err);

/**
 * Pushes a status report on a submit whose event has ended, as sanwang_gateway_report does. `submit_size` is
 * `sizeof` the struct. `error` is SMGP's Err or SGIP's ErrorCode as digits; NULL: what fits the stat.
 *
 * SANWANG_NO_ROUTE: the account has not logged in yet since the gateway was opened.
 */
sanwang_result_t sanwang_gateway_report_on(struct sanwang_gateway_t *gateway,
                                           const struct sanwang_submit_ref_t *submit,
                                           size_t submit_size,
                                           const char *stat,
                                           const char *error,
                                           int64_t after_ms,
                                           uint64_t *ticket,
                                           struct sanwang_error_t **err);

/**
 * Pushes a message from a phone to an account, `after_ms` from now, in as many delivers as it needs. `message_size`
 * is `sizeof` the struct. `ticket`, where not NULL, becomes the handle that its outcome names; it ends with
 * SANWANG_STATUS_ACKED when the SP has acknowledged all of it. While the SP is away it waits, up to the listener's
 * `valid_for`.
 *
 * SANWANG_NO_ROUTE: the account has not logged in yet. SANWANG_BAD_CODING, SANWANG_TOO_LONG: mend the message.
 * SANWANG_QUEUE_FULL, SANWANG_CLOSED.
 */
sanwang_result_t sanwang_gateway_deliver(struct sanwang_gateway_t *gateway,
                                         const char *account,
                                         const struct sanwang_mo_t *message,
                                         size_t message_size,
                                         int64_t after_ms,
                                         uint64_t *ticket,
                                         struct sanwang_error_t **err);

/**
 * Name of the account that sent it.
 */
const char *sanwang_submit_event_account(const struct sanwang_submit_event_t *submit);

/**
 * The account's protocol: `cmpp`, `sgip` or `smgp`.
 */
const char *sanwang_submit_event_protocol(const struct sanwang_submit_event_t *submit);

/**
 * The connection it came on.
 */
uint32_t sanwang_submit_event_connection(const struct sanwang_submit_event_t *submit);

/**
 * When it came, milliseconds since 1970 UTC.
 */
int64_t sanwang_submit_event_time(const struct sanwang_submit_event_t *submit);

/**
 * The token for sanwang_gateway_answer.
 */
uint64_t sanwang_submit_event_token(const struct sanwang_submit_event_t *submit);

/**
 * The id that the gateway gives it when it is accepted.
 */
const char *sanwang_submit_event_message_id(const struct sanwang_submit_event_t *submit);

/**
 * The access number it is sent from.
 */
const char *sanwang_submit_event_sender(const struct sanwang_submit_event_t *submit);

/**
 * Number of receivers: 1, unless the SP puts several into one submit.
 */
size_t sanwang_submit_event_receivers(const struct sanwang_submit_event_t *submit);

/**
 * Receiver `index`, from 0, as the submit writes it; NULL where there is none.
 */
const char *sanwang_submit_event_receiver(const struct sanwang_submit_event_t *submit, size_t index);

/**
 * The data coding octet.
 */
uint32_t sanwang_submit_event_coding(const struct sanwang_submit_event_t *submit);

/**
 * 1: the content begins with a user data header.
 */
int32_t sanwang_submit_event_has_udh(const struct sanwang_submit_event_t *submit);

/**
 * The content, with its user data header.
 * `len`, where not NULL, becomes the number of octets.
 */
const uint8_t *sanwang_submit_event_content(const struct sanwang_submit_event_t *submit, size_t *len);

/**
 * The content without its user data header; all of it when the header makes no sense.
 * `len`, where not NULL, becomes the number of octets.
 */
const uint8_t *sanwang_submit_event_payload(const struct sanwang_submit_event_t *submit, size_t *len);

/**
 * The text of this segment, or of all parts of a joined submit; NULL for binary content. A character U+0000 in it is given as U+FFFD.
 */
const char *sanwang_submit_event_text(const struct sanwang_submit_event_t *submit);

/**
 * 1: a status report is wanted.
 */
int32_t sanwang_submit_event_wants_report(const struct sanwang_submit_event_t *submit);

/**
 * Segments that the message has in all, from 1.
 */
uint32_t sanwang_submit_event_segments(const struct sanwang_submit_event_t *submit);

/**
 * Which segment this is, from 1.
 */
uint32_t sanwang_submit_event_segment(const struct sanwang_submit_event_t *submit);

/**
 * Number of parts it was joined from (`join=yes` of the listener); 0: it was not joined. Its content is that of all
 * parts without their headers, and its answer goes to all of them.
 */
size_t sanwang_submit_event_parts(const struct sanwang_submit_event_t *submit);

/**
 * 0: parts of a joined submit are missing, because they did not come in time.
 */
int32_t sanwang_submit_event_is_complete(const struct sanwang_submit_event_t *submit);

/**
 * LinkID of an on-demand service; may be empty.
 */
const char *sanwang_submit_event_link_id(const struct sanwang_submit_event_t *submit);

/**
 * A field of the submit by its name in the protocol, in snake case: `service_id`, `fee_type`, `valid_time` ...
 * Numbers are decimal, octets hexadecimal. NULL: no such field, or one that is a list.
 */
const char *sanwang_submit_event_field(const struct sanwang_submit_event_t *submit,
                                       const char *name);

/**
 * Opens a link: it listens when this returns, and dials. `dials` are names of peers and the URLs they are dialled at,
 * with our own login, such as `cmpp://101001:secret@10.0.0.1:9168`, alternating and with NULL at the end. `listeners`
 * are URLs without user, with NULL at the end. `peers` are names and secrets of those who may log in there, alternating
 * and with NULL at the end. `settings` are keys and values of the engine, as for sanwang_gateway_open. Each may be NULL.
 * Handlers may run before this has stored the link in `out`.
 *
 * `handlers` may be NULL, with size 0: requests of peers are refused then. SANWANG_BAD_SETTING: a URL or setting is
 * wrong. SANWANG_BAD_CONFIG: nothing is dialled and nothing listened at, or two peers have one name. SANWANG_SYSTEM: it
 * cannot listen there. Where it fails, `out` becomes NULL.
 */
sanwang_result_t sanwang_link_open(struct sanwang_link_t **out,
                                   const char *const *dials,
                                   const char *const *listeners,
                                   const char *const *peers,
                                   const char *const *settings,
                                   const struct sanwang_link_handlers_t *handlers,
                                   size_t handlers_size,
                                   struct sanwang_error_t **err);

/**
 * The address of listener `index`, in the order of the URLs from 0, as `host:port` with the real port; NULL where
 * there is none. Valid until the link is freed.
 */
const char *sanwang_link_listener(const struct sanwang_link_t *link,
                                  size_t index);

/**
 * Waits until a peer is online. `peer` NULL: the only one. A negative time is without limit. A peer that is dialled on
 * demand (SGIP, `idle_close`) is online only while there is something to say.
 *
 * SANWANG_TIMEOUT: not in time; the message says where the peer stands. SANWANG_CLOSED: closed, also meanwhile.
 * SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_link_wait_online(struct sanwang_link_t *link,
                                          const char *peer,
                                          int64_t timeout_ms,
                                          struct sanwang_error_t **err);

/**
 * Says where a peer stands. `peer` NULL: the only one. `state`, where not NULL, becomes a sanwang_state_t.
 *
 * SANWANG_NO_PEER: it is neither dialled nor has it logged in.
 */
sanwang_result_t sanwang_link_state(struct sanwang_link_t *link, const char *peer, int32_t *state);

/**
 * Says what a peer has counted, all its versions added up. `peer` NULL: all peers. SANWANG_NO_PEER: there is none of
 * this name.
 */
sanwang_result_t sanwang_link_counters(struct sanwang_link_t *link,
                                       const char *peer,
                                       struct sanwang_counters_t *counters,
                                       size_t counters_size);

/**
 * Takes up to `cap` events of a link that was opened with `poll_kinds`, waiting up to `timeout_ms` for the first
 * (negative: without limit; 0: not at all). Free each with sanwang_event_free; answer each request with
 * sanwang_link_request_answer or sanwang_link_answer. Several threads may poll. Poll also where pushes of a route table
 * are on their way: it takes their answers.
 *
 * Gives the number of events in `out`; 0: none in time; negative: a sanwang_result_t with a minus sign.
 * -SANWANG_CLOSED: the link is closed, and no events are left.
 */
int32_t sanwang_link_poll(struct sanwang_link_t *link,
                          struct sanwang_event_t **out,
                          size_t cap,
                          int64_t timeout_ms);

/**
 * Ends a link: stops listening, sends what is queued and waits for answers until the deadline (negative: without
 * limit), ends every session; what is left is counted in `left`, which may be NULL with size 0. Closing twice is no
 * error. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_link_close(struct sanwang_link_t *link,
                                    int64_t deadline_ms,
                                    struct sanwang_left_t *left,
                                    size_t left_size);

/**
 * Frees a link. Never waits: close it first. After this no handler starts; one that still runs may finish but not use
 * the link any more. NULL is allowed.
 */
void sanwang_link_free(struct sanwang_link_t *link);

/**
 * Requests something of a peer and waits for the answer up to `timeout_ms` (negative: without limit), from the call on;
 * a peer that is away is waited for within the same time. `peer` NULL: the only one. `pdu` are the octets of the frame;
 * the sequence in them is not looked at. `sequence`, with its size, is the one that a forwarded SGIP message keeps;
 * NULL with size 0: the next one. Free the reply with sanwang_link_reply_free; where this fails it becomes NULL.
 *
 * SANWANG_WRONG_PDU: the octets are no PDU, or none that can be requested. SANWANG_NO_PEER. SANWANG_QUEUE_FULL,
 * SANWANG_NOT_SENT, SANWANG_NO_ANSWER, SANWANG_LOST: there is no answer. SANWANG_WOULD_DEADLOCK: in a handler; there,
 * use sanwang_link_ask. SANWANG_CLOSED.
 */
sanwang_result_t sanwang_link_request(struct sanwang_link_t *link,
                                      const char *peer,
                                      const uint8_t *pdu,
                                      size_t pdu_len,
                                      const struct sanwang_sequence_t *sequence,
                                      size_t sequence_size,
                                      int64_t timeout_ms,
                                      struct sanwang_link_reply_t **reply,
                                      struct sanwang_error_t **err);

/**
 * Requests something of a peer and returns at once; the reply goes to on_reply or is polled. It may be used in a
 * handler. `user_data` comes back in the reply, and so does `ticket`, where not NULL. Otherwise as sanwang_link_request.
 */
sanwang_result_t sanwang_link_ask(struct sanwang_link_t *link,
                                  const char *peer,
                                  const uint8_t *pdu,
                                  size_t pdu_len,
                                  const struct sanwang_sequence_t *sequence,
                                  size_t sequence_size,
                                  int64_t timeout_ms,
                                  uint64_t user_data,
                                  uint64_t *ticket,
                                  struct sanwang_error_t **err);

/**
 * Answers a request that its handler left for later, or that was polled, by its token. Otherwise as
 * sanwang_link_request_answer.
 */
sanwang_result_t sanwang_link_answer(struct sanwang_link_t *link,
                                     uint64_t token,
                                     const uint8_t *pdu,
                                     size_t pdu_len,
                                     struct sanwang_error_t **err);

/**
 * Refuses a request that its handler left for later, or that was polled, in the protocol's words. `busy` not 0: the
 * peer may ask again.
 *
 * SANWANG_STALE: it was answered before, or is gone.
 */
sanwang_result_t sanwang_link_refuse(struct sanwang_link_t *link,
                                     uint64_t token,
                                     int32_t busy,
                                     struct sanwang_error_t **err);

/**
 * Name of the peer.
 */
const char *sanwang_link_request_peer(const struct sanwang_link_request_t *request);

/**
 * The connection it came on.
 */
uint32_t sanwang_link_request_connection(const struct sanwang_link_request_t *request);

/**
 * When it came, milliseconds since 1970 UTC.
 */
int64_t sanwang_link_request_time(const struct sanwang_link_request_t *request);

/**
 * The token for sanwang_link_answer and sanwang_link_refuse.
 */
uint64_t sanwang_link_request_token(const struct sanwang_link_request_t *request);

/**
 * The protocol: `cmpp`, `sgip` or `smgp`.
 */
const char *sanwang_link_request_protocol(const struct sanwang_link_request_t *request);

/**
 * The version that the peer speaks, such as `3.0`.
 */
const char *sanwang_link_request_version(const struct sanwang_link_request_t *request);

/**
 * The name of the PDU in snake case: `mt_route`, `fwd` ...
 */
const char *sanwang_link_request_name(const struct sanwang_link_request_t *request);

/**
 * The octets of its frame.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_link_request_octets(const struct sanwang_link_request_t *request, size_t *len);

/**
 * Answers a request, in its handler or while its polled event is there. `pdu` are the octets of the answer's frame,
 * whose sequence is not looked at.
 *
 * SANWANG_WRONG_PDU: they are none, or the answer to something else. SANWANG_STALE: it was answered before, or is gone.
 * SANWANG_CLOSED.
 */
sanwang_result_t sanwang_link_request_answer(const struct sanwang_link_request_t *request,
                                             const uint8_t *pdu,
                                             size_t pdu_len,
                                             struct sanwang_error_t **err);

/**
 * Name of the peer.
 */
const char *sanwang_link_reply_peer(const struct sanwang_link_reply_t *reply);

/**
 * The ticket that sanwang_link_ask gave out; 0 for a reply of sanwang_link_request.
 */
uint64_t sanwang_link_reply_ticket(const struct sanwang_link_reply_t *reply);

/**
 * The caller's own number.
 */
uint64_t sanwang_link_reply_user_data(const struct sanwang_link_reply_t *reply);

/**
 * SANWANG_OK: there is an answer. Otherwise why not: SANWANG_NO_ANSWER, SANWANG_NOT_SENT, SANWANG_LOST ...
 */
int32_t sanwang_link_reply_result(const struct sanwang_link_reply_t *reply);

/**
 * Why there is no answer, in words; empty when there is one.
 */
const char *sanwang_link_reply_message(const struct sanwang_link_reply_t *reply);

/**
 * The protocol: `cmpp`, `sgip` or `smgp`; empty without an answer.
 */
const char *sanwang_link_reply_protocol(const struct sanwang_link_reply_t *reply);

/**
 * The version that the peer speaks; empty without an answer.
 */
const char *sanwang_link_reply_version(const struct sanwang_link_reply_t *reply);

/**
 * The name of the PDU in snake case; empty without an answer.
 */
const char *sanwang_link_reply_name(const struct sanwang_link_reply_t *reply);

/**
 * The octets of the answer's frame; SGIP's QueryRoute_Resp may have several, one behind the other.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_link_reply_octets(const struct sanwang_link_reply_t *reply, size_t *len);

/**
 * Frees a reply of sanwang_link_request. NULL is allowed.
 */
void sanwang_link_reply_free(struct sanwang_link_reply_t *reply);

/**
 * Changes settings of an account while it is open. `settings` are keys and values as in its URL, alternating and with
 * NULL at the end. All of them are checked before any is applied. Open connections stay: limits and times hold at
 * once, and what docs/settings.md does not call live, with the next connection.
 *
 * SANWANG_BAD_SETTING: a setting is wrong, or one that an open account keeps (version, node, listen).
 * SANWANG_BAD_CONFIG: no such account.
 */
sanwang_result_t sanwang_client_set(struct sanwang_client_t *client,
                                    const char *account,
                                    const char *const *settings,
                                    struct sanwang_error_t **err);

/**
 * Changes the secret of an account while it is open, for its next login.
 *
 * SANWANG_BAD_SETTING: too long for the protocol. SANWANG_BAD_CONFIG: no such account.
 */
sanwang_result_t sanwang_client_set_secret(struct sanwang_client_t *client,
                                           const char *account,
                                           const char *secret,
                                           struct sanwang_error_t **err);

/**
 * Adds an account to an open client, with parameters as those of sanwang_config_account. It connects at once.
 *
 * SANWANG_BAD_SETTING: the URL or a setting is wrong. SANWANG_BAD_CONFIG: there is an account of this name.
 * SANWANG_SYSTEM: its secret cannot be read, or it cannot listen.
 */
sanwang_result_t sanwang_client_add_account(struct sanwang_client_t *client,
                                            const char *name,
                                            const char *url,
                                            const char *const *settings,
                                            struct sanwang_error_t **err);

/**
 * Removes an account from an open client: nothing new is accepted for it; queued messages and answers until the
 * deadline (negative: without limit); then what is left is decided and counted in `left`, which may be NULL with size
 * 0. In a handler it does not wait.
 *
 * SANWANG_BAD_CONFIG: no such account, it is the last one, or a routing rule names no other.
 */
sanwang_result_t sanwang_client_remove_account(struct sanwang_client_t *client,
                                               const char *name,
                                               int64_t deadline_ms,
                                               struct sanwang_left_t *left,
                                               size_t left_size,
                                               struct sanwang_error_t **err);

/**
 * Makes the accounts and routes of an open client those of a configuration, for example of a file that was loaded
 * again: accounts of new names are added, those of known names changed, the others removed within the deadline,
 * without waiting for it. Engine settings stay as they are. The configuration is not consumed.
 *
 * SANWANG_BAD_SETTING, SANWANG_BAD_CONFIG, SANWANG_SYSTEM: what is wrong; nothing is changed then. Only that an
 * account cannot listen (SANWANG_SYSTEM) shows when everything else is applied.
 */
sanwang_result_t sanwang_client_reconfigure(struct sanwang_client_t *client,
                                            const struct sanwang_config_t *config,
                                            int64_t deadline_ms,
                                            struct sanwang_error_t **err);

/**
 * Adds an account that may log in to an open gateway, or changes its secret: for its next login. Connections that are
 * logged in stay.
 */
sanwang_result_t sanwang_gateway_set_account(struct sanwang_gateway_t *gateway,
                                             const char *name,
                                             const char *secret,
                                             struct sanwang_error_t **err);

/**
 * Removes an account of an open gateway that was given by name: it may not log in any more, and its connections are
 * ended in order, after the answers that are awaited or after the deadline (negative: without limit).
 *
 * SANWANG_NOT_FOUND: no such account.
 */
sanwang_result_t sanwang_gateway_remove_account(struct sanwang_gateway_t *gateway,
                                                const char *name,
                                                int64_t deadline_ms,
                                                struct sanwang_error_t **err);

/**
 * Changes settings of a listener of an open gateway. `listener` is its name in the file, or protocol and address such as
 * `cmpp://127.0.0.1:7890`. `settings` are keys and values as in its URL, alternating and with NULL at the end. All of
 * them are checked before any is applied. Limits and allow-lists hold for who comes from now on, the settings of
 * accounts for those that are logged in, too; who is in stays in.
 *
 * SANWANG_BAD_SETTING: a setting is wrong. SANWANG_BAD_CONFIG: no such listener, or a setting that an open gateway keeps
 * (version, ids, gateway_id, short, push_back).
 */
sanwang_result_t sanwang_gateway_set(struct sanwang_gateway_t *gateway,
                                     const char *listener,
                                     const char *const *settings,
                                     struct sanwang_error_t **err);

/**
 * Adds a listener to an open gateway: it listens when this returns, and sanwang_gateway_listener has its address, after
 * those that were there. `url` is one as those of sanwang_gateway_open. `name` is its name for sanwang_gateway_set and
 * sanwang_gateway_remove_listener; NULL: protocol and address, such as `cmpp://127.0.0.1:7890`. `settings` are keys and
 * values that rule over those of the URL, alternating and with NULL at the end; NULL: none. The gateway's accounts hold
 * there, too.
 *
 * SANWANG_BAD_SETTING: the URL or a setting is wrong. SANWANG_BAD_CONFIG: there is a listener of this name, or this is a
 * look-up of accounts. SANWANG_SYSTEM: it cannot listen there; the message names address and reason.
 */
sanwang_result_t sanwang_gateway_add_listener(struct sanwang_gateway_t *gateway,
                                              const char *name,
                                              const char *url,
                                              const char *const *settings,
                                              struct sanwang_error_t **err);

/**
 * Removes a listener of an open gateway, named as for sanwang_gateway_set: its address is free when this returns, and
 * who has not logged in there is closed. Who is logged in stays, with the settings it has, and is pushed to;
 * sanwang_gateway_remove_account ends the connections of an account. An account takes the settings of the listener it
 * logs in on next, but for its message ids and push_back, which stay. The last listener may go, too.
 *
 * SANWANG_BAD_CONFIG: no such listener, or this is a look-up of accounts.
 */
sanwang_result_t sanwang_gateway_remove_listener(struct sanwang_gateway_t *gateway,
                                                 const char *listener,
                                                 struct sanwang_error_t **err);

/**
 * Changes settings of one account of an open gateway, on top of those of the listeners, at once for connections that
 * are open, as sanwang_gateway_set does for a listener.
 *
 * SANWANG_BAD_SETTING, SANWANG_BAD_CONFIG: a setting is wrong, or belongs to the listener.
 */
sanwang_result_t sanwang_gateway_set_account_settings(struct sanwang_gateway_t *gateway,
                                                      const char *name,
                                                      const char *const *settings,
                                                      struct sanwang_error_t **err);

/**
 * The name of a status, for example `DELIVERED`; the same in every language. `UNKNOWN` for a number that is no
 * status.
 */
const char *sanwang_status_name(int32_t status);

/**
 * 1 for DELIVERED, SENT and ACKED: the message is where it should be. Else 0.
 */
int32_t sanwang_status_is_success(int32_t status);

/**
 * The name of a state, for example `online`. `unknown` for a number that is no state.
 */
const char *sanwang_state_name(int32_t state);

/**
 * Name of the account.
 */
const char *sanwang_account_state_account(const struct sanwang_account_state_t *state);

/**
 * The connection that caused the change; 0 when none did.
 */
uint32_t sanwang_account_state_connection(const struct sanwang_account_state_t *state);

/**
 * When, milliseconds since 1970 UTC.
 */
int64_t sanwang_account_state_time(const struct sanwang_account_state_t *state);

/**
 * Where the account stands now; offline for NULL.
 */
sanwang_state_t sanwang_account_state_state(const struct sanwang_account_state_t *state);

/**
 * Connections that are logged in.
 */
uint32_t sanwang_account_state_up(const struct sanwang_account_state_t *state);

/**
 * Connections that are wanted.
 */
uint32_t sanwang_account_state_wanted(const struct sanwang_account_state_t *state);

/**
 * Inbound connections that are logged in (SGIP: those the gateway opened).
 */
uint32_t sanwang_account_state_inbound(const struct sanwang_account_state_t *state);

/**
 * Why, in words: the peer's address and version, the refusal and its code, or the network's error.
 */
const char *sanwang_account_state_reason(const struct sanwang_account_state_t *state);

/**
 * Where a connection ended otherwise than in order: its last eight frames, both ways, one a line, the oldest first.
 * They hold neither numbers nor contents. Else "".
 */
const char *sanwang_account_state_last_frames(const struct sanwang_account_state_t *state);

/**
 * Name of the account, or the listener's address before a login.
 */
const char *sanwang_trouble_account(const struct sanwang_trouble_t *trouble);

/**
 * The connection.
 */
uint32_t sanwang_trouble_connection(const struct sanwang_trouble_t *trouble);

/**
 * When, milliseconds since 1970 UTC.
 */
int64_t sanwang_trouble_time(const struct sanwang_trouble_t *trouble);

/**
 * What is wrong.
 */
const char *sanwang_trouble_reason(const struct sanwang_trouble_t *trouble);

/**
 * What was done: answered with a code, skipped, or closed.
 */
const char *sanwang_trouble_action(const struct sanwang_trouble_t *trouble);

/**
 * The octets, the first 4096 of them.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_trouble_octets(const struct sanwang_trouble_t *trouble, size_t *len);

/**
 * Name of the account, or the listener's address; may be empty.
 */
const char *sanwang_log_account(const struct sanwang_log_t *log);

/**
 * When, milliseconds since 1970 UTC.
 */
int64_t sanwang_log_time(const struct sanwang_log_t *log);

/**
 * How much it matters; SANWANG_LOG_NONE for NULL.
 */
sanwang_log_level_t sanwang_log_level(const struct sanwang_log_t *log);

/**
 * Which part of the library says it.
 */
const char *sanwang_log_area(const struct sanwang_log_t *log);

/**
 * What it says.
 */
const char *sanwang_log_text(const struct sanwang_log_t *log);

/**
 * Name of the account it went through.
 */
const char *sanwang_outcome_account(const struct sanwang_outcome_t *outcome);

/**
 * The ticket that the send gave out.
 */
uint64_t sanwang_outcome_ticket(const struct sanwang_outcome_t *outcome);

/**
 * The caller's own name for the message; NULL when it gave none.
 */
const char *sanwang_outcome_reference(const struct sanwang_outcome_t *outcome);

/**
 * The caller's own number for the message.
 */
uint64_t sanwang_outcome_user_data(const struct sanwang_outcome_t *outcome);

/**
 * The receiver in national form.
 */
const char *sanwang_outcome_receiver(const struct sanwang_outcome_t *outcome);

/**
 * How it ended.
 */
sanwang_status_t sanwang_outcome_status(const struct sanwang_outcome_t *outcome);

/**
 * The result or report code that decided it, 0 when none did.
 */
uint32_t sanwang_outcome_code(const struct sanwang_outcome_t *outcome);

/**
 * Why, in words: the code's name and meaning, the stat, or the reason of a refused login. May be empty.
 */
const char *sanwang_outcome_text(const struct sanwang_outcome_t *outcome);

/**
 * 1: sending the same message again can help.
 */
int32_t sanwang_outcome_retriable(const struct sanwang_outcome_t *outcome);

/**
 * When the send accepted it, milliseconds since 1970 UTC.
 */
int64_t sanwang_outcome_accepted_at(const struct sanwang_outcome_t *outcome);

/**
 * When it was decided, milliseconds since 1970 UTC.
 */
int64_t sanwang_outcome_decided_at(const struct sanwang_outcome_t *outcome);

/**
 * 1: this event may have been seen before (a durable store after a crash).
 */
int32_t sanwang_outcome_repeated(const struct sanwang_outcome_t *outcome);

/**
 * Number of segments.
 */
size_t sanwang_outcome_segments(const struct sanwang_outcome_t *outcome);

/**
 * How segment `index` (from 0) ended; SANWANG_STATUS_NONE where there is none.
 */
sanwang_status_t sanwang_outcome_segment_status(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * The gateway's id of segment `index`; empty when it gave none, NULL where there is no segment.
 */
const char *sanwang_outcome_segment_message_id(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * Result of the gateway's answer to segment `index`, 0 when it accepted or gave none.
 */
uint32_t sanwang_outcome_segment_result(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * Stat of the final report on segment `index` (`DELIVRD` ...); empty without one.
 */
const char *sanwang_outcome_segment_stat(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * Error of the final report on segment `index` (SMGP Err, SGIP ErrorCode); empty without one.
 */
const char *sanwang_outcome_segment_error(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * When segment `index` was written to a connection, milliseconds since 1970 UTC; 0 when never.
 */
int64_t sanwang_outcome_segment_sent_at(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * When segment `index` was decided, milliseconds since 1970 UTC.
 */
int64_t sanwang_outcome_segment_done_at(const struct sanwang_outcome_t *outcome, size_t index);

/**
 * Frees an outcome that sanwang_client_outcome gave. NULL is allowed. One that a handler or an event lends is
 * not the caller's to free.
 */
void sanwang_outcome_free(struct sanwang_outcome_t *outcome);

/**
 * Reads one frame: octets to JSON, with every field of the PDU. The object has the names `protocol`, `version`,
 * `pdu`, `header` (`length`, `command`, `sequence`), `fields`, `report` (the status report inside the content, if
 * there is one) and `warnings` (what was tolerated); docs/protocol lists the PDUs and their fields. Octets are
 * hexadecimal digits; text that is not UTF-8 is `{"hex": "c4e3"}`. Nothing is masked.
 *
 * `protocol` is `cmpp`, `sgip` or `smgp`; `version` chooses the layout, for example `2.0`, and is the usual one if
 * NULL: 3.0, 1.2, 3.0. `octets` begin with the frame. `used` becomes the length of the frame, so that a caller can go
 * on behind it, also behind one that cannot be read; it becomes 0 if there is no whole frame, or its length makes no
 * sense. If `used` is NULL, `octets` have to be one frame and no more.
 *
 * SANWANG_BAD_PDU: the frame cannot be read or is not complete; the message says where. SANWANG_NOT_FOUND: no such
 * protocol or version.
 */
sanwang_result_t sanwang_pdu_to_json(const char *protocol,
                                     const char *version,
                                     const uint8_t *octets,
                                     size_t octets_len,
                                     size_t *used,
                                     struct sanwang_octets_t **json,
                                     struct sanwang_error_t **err);

/**
 * Writes one frame: JSON to octets, the inverse of sanwang_pdu_to_json. `protocol`, `version` and `pdu` are needed; a
 * field that is not given has its default, and so has the sequence in `header`, 0. Counts and lengths may be left
 * out, because they follow from the rest; `report` and `warnings` are not looked at.
 *
 * SANWANG_BAD_PDU: the text is not JSON, or a value does not fit. The message names it, and sanwang_error_field is
 * its place, for example `dest_terminal_id[2]`.
 */
sanwang_result_t sanwang_pdu_from_json(const char *json,
                                       struct sanwang_octets_t **frame,
                                       struct sanwang_error_t **err);

/**
 * The octets and their number, which may be NULL. A NUL that is not counted stands behind them. Valid until the
 * object is freed.
 */
const uint8_t *sanwang_octets_data(const struct sanwang_octets_t *octets,
                                   size_t *len);

/**
 * The same as text, for what is text: JSON. Valid until the object is freed.
 */
const char *sanwang_octets_text(const struct sanwang_octets_t *octets);

/**
 * Frees the octets. NULL is allowed.
 */
void sanwang_octets_free(struct sanwang_octets_t *octets);

/**
 * Name of the account it came on.
 */
const char *sanwang_report_account(const struct sanwang_report_t *report);

/**
 * The connection it came on.
 */
uint32_t sanwang_report_connection(const struct sanwang_report_t *report);

/**
 * When it came, milliseconds since 1970 UTC.
 */
int64_t sanwang_report_time(const struct sanwang_report_t *report);

/**
 * The token for sanwang_client_handled; 0 when it has been answered already.
 */
uint64_t sanwang_report_token(const struct sanwang_report_t *report);

/**
 * The message it is about; 0 when no submit of ours has its id.
 */
uint64_t sanwang_report_ticket(const struct sanwang_report_t *report);

/**
 * The caller's own name for the message; NULL when it gave none.
 */
const char *sanwang_report_reference(const struct sanwang_report_t *report);

/**
 * The caller's own number for the message.
 */
uint64_t sanwang_report_user_data(const struct sanwang_report_t *report);

/**
 * Which segment it is about, from 1; 0 without a ticket.
 */
uint32_t sanwang_report_segment(const struct sanwang_report_t *report);

/**
 * The gateway's id that it names.
 */
const char *sanwang_report_message_id(const struct sanwang_report_t *report);

/**
 * The receiver as the report writes it.
 */
const char *sanwang_report_receiver(const struct sanwang_report_t *report);

/**
 * `DELIVRD`, `UNDELIV` ...; SGIP's states are written DELIVRD, ENROUTE and UNDELIV.
 */
const char *sanwang_report_stat(const struct sanwang_report_t *report);

/**
 * SMGP Err or SGIP ErrorCode; empty in CMPP.
 */
const char *sanwang_report_error(const struct sanwang_report_t *report);

/**
 * 1: it is the last word on the segment.
 */
int32_t sanwang_report_is_final(const struct sanwang_report_t *report);

/**
 * Its submit time, milliseconds since 1970 UTC; 0 when absent or a placeholder.
 */
int64_t sanwang_report_submitted_at(const struct sanwang_report_t *report);

/**
 * Its done time, milliseconds since 1970 UTC; 0 when absent or a placeholder.
 */
int64_t sanwang_report_done_at(const struct sanwang_report_t *report);

/**
 * 1: a final report on this segment came before.
 */
int32_t sanwang_report_repeated(const struct sanwang_report_t *report);

/**
 * Its octets as they came.
 * `len`, where not NULL, becomes their number.
 */
const uint8_t *sanwang_report_raw(const struct sanwang_report_t *report, size_t *len);

/**
 * Name of the account it came on.
 */
const char *sanwang_response_account(const struct sanwang_response_t *response);

/**
 * The connection it came on.
 */
uint32_t sanwang_response_connection(const struct sanwang_response_t *response);

/**
 * When it came, milliseconds since 1970 UTC.
 */
int64_t sanwang_response_time(const struct sanwang_response_t *response);

/**
 * The message.
 */
uint64_t sanwang_response_ticket(const struct sanwang_response_t *response);

/**
 * The caller's own name for the message; NULL when it gave none.
 */
const char *sanwang_response_reference(const struct sanwang_response_t *response);

/**
 * The caller's own number for the message.
 */
uint64_t sanwang_response_user_data(const struct sanwang_response_t *response);

/**
 * Which segment, from 1.
 */
uint32_t sanwang_response_segment(const struct sanwang_response_t *response);

/**
 * Segments in all.
 */
uint32_t sanwang_response_segments(const struct sanwang_response_t *response);

/**
 * The gateway's id of the segment; empty when it gave none.
 */
const char *sanwang_response_message_id(const struct sanwang_response_t *response);

/**
 * 0: accepted; else the carrier's code.
 */
uint32_t sanwang_response_result(const struct sanwang_response_t *response);

/**
 * The code's name.
 */
const char *sanwang_response_name(const struct sanwang_response_t *response);

/**
 * 1: the answer came after its time.
 */
int32_t sanwang_response_late(const struct sanwang_response_t *response);

/**
 * Makes an empty table: a route server's, or with `own`, a gateway's code, that gateway's replica. `protocol` is
 * `cmpp`, `sgip` or `smgp`. `limit` bounds its routes; 0: 100,000.
 */
sanwang_result_t sanwang_route_table_new(struct sanwang_route_table_t **out,
                                         const char *protocol,
                                         const char *own,
                                         size_t limit,
                                         struct sanwang_error_t **err);

/**
 * Loads a table from a file that sanwang_route_table_save wrote.
 *
 * SANWANG_SYSTEM: it cannot be read. SANWANG_BAD_ROUTE: the message names the line that is wrong.
 */
sanwang_result_t sanwang_route_table_load(struct sanwang_route_table_t **out,
                                          const char *path,
                                          struct sanwang_error_t **err);

/**
 * Saves a table to a file, which is whole or the old one at any time. It holds what gateways have not been told, and
 * SGIP's passwords: only its owner may read it. SANWANG_SYSTEM: it cannot be written.
 */
sanwang_result_t sanwang_route_table_save(const struct sanwang_route_table_t *table,
                                          const char *path,
                                          struct sanwang_error_t **err);

/**
 * Number of routes; 0 for NULL.
 */
size_t sanwang_route_table_size(const struct sanwang_route_table_t *table);

/**
 * Adds a route now. `route_size` is `sizeof` the struct, whose `id` and `changed` are not looked at. `id`, where not
 * NULL, becomes its number. SANWANG_BAD_ROUTE: a field is wrong, another route serves the same numbers, or the table is
 * full.
 */
sanwang_result_t sanwang_route_table_add(struct sanwang_route_table_t *table,
                                         const struct sanwang_route_t *route,
                                         size_t route_size,
                                         uint32_t *id,
                                         struct sanwang_error_t **err);

/**
 * Changes a route now, by its kind and number. Otherwise as sanwang_route_table_add.
 */
sanwang_result_t sanwang_route_table_change(struct sanwang_route_table_t *table,
                                            const struct sanwang_route_t *route,
                                            size_t route_size,
                                            struct sanwang_error_t **err);

/**
 * Deletes a route by its kind (sanwang_route_kind_t) and number. SANWANG_BAD_ROUTE: there is none.
 */
sanwang_result_t sanwang_route_table_remove(struct sanwang_route_table_t *table,
                                            int32_t kind,
                                            uint32_t id,
                                            struct sanwang_error_t **err);

/**
 * Finds a route by its kind (sanwang_route_kind_t) and number. SANWANG_NOT_FOUND: there is none.
 */
sanwang_result_t sanwang_route_table_get(const struct sanwang_route_table_t *table,
                                         int32_t kind,
                                         uint32_t id,
                                         struct sanwang_route_entry_t **entry,
                                         struct sanwang_error_t **err);

/**
 * Finds the route of a phone number: the longest segment that holds it. SANWANG_NOT_FOUND: there is none.
 */
sanwang_result_t sanwang_route_table_by_phone(const struct sanwang_route_table_t *table,
                                              const char *number,
                                              struct sanwang_route_entry_t **entry,
                                              struct sanwang_error_t **err);

/**
 * Finds the route of a service number: the longest SP_Code that it begins with. One that is bound to `service_id` (NULL:
 * none) and `code` is preferred, then one that leads to the gateway `asking` (NULL: none), then the main access point.
 * SANWANG_NOT_FOUND: there is none.
 */
sanwang_result_t sanwang_route_table_by_service(const struct sanwang_route_table_t *table,
                                                const char *number,
                                                const char *service_id,
                                                uint32_t code,
                                                const char *asking,
                                                struct sanwang_route_entry_t **entry,
                                                struct sanwang_error_t **err);

/**
 * Shows a route that was found. `route_size` is `sizeof` the struct; its texts are borrowed from the entry.
 */
sanwang_result_t sanwang_route_entry_view(const struct sanwang_route_entry_t *entry,
                                          struct sanwang_route_t *route,
                                          size_t route_size);

/**
 * Frees a route that was found. NULL is allowed.
 */
void sanwang_route_entry_free(struct sanwang_route_entry_t *entry);

/**
 * Tells a gateway of changes from now on; it is taken to know the table as it is. Only a route server does so.
 */
sanwang_result_t sanwang_route_table_follow(struct sanwang_route_table_t *table,
                                            const char *gateway);

/**
 * Tells a gateway of changes no more.
 */
sanwang_result_t sanwang_route_table_forget(struct sanwang_route_table_t *table, const char *gateway);

/**
 * Number of changes that a gateway has not been told; 0 for one that is not followed, and for NULL.
 */
size_t sanwang_route_table_behind(const struct sanwang_route_table_t *table, const char *gateway);

/**
 * Answers a request of a link if it is about routes: in its handler, or while its polled event is there. `answered`,
 * where not NULL, becomes 1 if it was, and 0 for any other request, which is still to be answered.
 */
sanwang_result_t sanwang_route_table_answer(struct sanwang_route_table_t *table,
                                            const struct sanwang_link_request_t *request,
                                            int32_t *answered,
                                            struct sanwang_error_t **err);

/**
 * Pushes to every gateway that is followed what it has not been told, and returns at once: one change after the other,
 * each when the one before was answered within `timeout_ms` (negative: without limit). A gateway that is away keeps its
 * place: call this again when it is back, for example from on_state, and after every change.
 */
sanwang_result_t sanwang_route_table_push(struct sanwang_route_table_t *table,
                                          struct sanwang_link_t *link,
                                          int64_t timeout_ms,
                                          struct sanwang_error_t **err);

/**
 * Fetches the whole table from the route server `peer` (NULL: the only peer), each exchange within `timeout_ms`
 * (negative: without limit). The old table stays until the new one is whole. `routes`, where not NULL, becomes how many
 * routes it has.
 *
 * SANWANG_BAD_ROUTE: the list makes no sense, loops or is too long. SANWANG_NO_PEER, SANWANG_NOT_SENT,
 * SANWANG_NO_ANSWER, SANWANG_LOST: an exchange failed. SANWANG_WOULD_DEADLOCK: in a handler.
 */
sanwang_result_t sanwang_route_table_fetch(struct sanwang_route_table_t *table,
                                           struct sanwang_link_t *link,
                                           const char *peer,
                                           int64_t timeout_ms,
                                           size_t *routes,
                                           struct sanwang_error_t **err);

/**
 * Frees a table. A push that is on its way goes on. NULL is allowed.
 */
void sanwang_route_table_free(struct sanwang_route_table_t *table);

/**
 * Accepts a message, waiting for room in the account's queue as long as it takes; in a handler it does not wait.
 * `message_size` is `sizeof` the message. `ticket`, where not NULL, becomes the handle that outcomes and events
 * name; handlers may run before it is stored, so `reference` and `user_data` come back in every event, too.
 *
 * Where it fails nothing was accepted and no outcome comes: SANWANG_BAD_RECEIVER, SANWANG_BAD_CODING,
 * SANWANG_TOO_LONG, SANWANG_EMPTY, SANWANG_BAD_SETTING: mend the message. SANWANG_NO_ROUTE, SANWANG_NOT_CONNECTED,
 * SANWANG_QUEUE_FULL (in a handler), SANWANG_CLOSED.
 */
sanwang_result_t sanwang_client_send(struct sanwang_client_t *client,
                                     const struct sanwang_submit_t *message,
                                     size_t message_size,
                                     uint64_t *ticket,
                                     struct sanwang_error_t **err);

/**
 * Accepts a message if there is room now, else SANWANG_QUEUE_FULL. Otherwise as sanwang_client_send.
 */
sanwang_result_t sanwang_client_try_send(struct sanwang_client_t *client,
                                         const struct sanwang_submit_t *message,
                                         size_t message_size,
                                         uint64_t *ticket,
                                         struct sanwang_error_t **err);

/**
 * Accepts a message, waiting for room up to `timeout_ms` (negative: without limit), then SANWANG_QUEUE_FULL.
 * Otherwise as sanwang_client_send.
 */
sanwang_result_t sanwang_client_send_timeout(struct sanwang_client_t *client,
                                             const struct sanwang_submit_t *message,
                                             size_t message_size,
                                             int64_t timeout_ms,
                                             uint64_t *ticket,
                                             struct sanwang_error_t **err);

/**
 * Accepts `count` messages, waiting for room up to `timeout_ms` in all (negative: without limit): faster than sending
 * them one by one, with one lock and one wake-up an account. `messages` is an array, and `message_size` is `sizeof` one
 * of them. `tickets` and `results`, where not NULL, have room for `count` each: message by message they become the
 * ticket (0: none) and the sanwang_result_t of its own. Those that find no room in time are SANWANG_QUEUE_FULL.
 *
 * SANWANG_OK: all are accepted. Otherwise the result of the first that is not, and `err` says why; the others are
 * accepted or not each for itself.
 */
sanwang_result_t sanwang_client_send_many(struct sanwang_client_t *client,
                                          const struct sanwang_submit_t *messages,
                                          size_t message_size,
                                          size_t count,
                                          int64_t timeout_ms,
                                          uint64_t *tickets,
                                          int32_t *results,
                                          struct sanwang_error_t **err);

/**
 * Accepts a message to several receivers, one ticket each with an outcome of its own. `receivers` are their numbers,
 * with NULL at the end; the receiver of the message is not used and may be NULL. Where the account's `max_receivers` is
 * above 1, receivers of one account share submits; a submit that is refused goes again, one receiver at a time. Waits
 * for room up to `timeout_ms` (negative: without limit).
 *
 * `tickets` and `results`, where not NULL, have room for one element a receiver: its ticket, or 0, and its
 * sanwang_result_t. The others are sent although one is not accepted; what this returns, and what `err` says, is
 * about the first one that was not.
 */
sanwang_result_t sanwang_client_send_to_all(struct sanwang_client_t *client,
                                            const char *const *receivers,
                                            const struct sanwang_submit_t *message,
                                            size_t message_size,
                                            int64_t timeout_ms,
                                            uint64_t *tickets,
                                            int32_t *results,
                                            struct sanwang_error_t **err);

/**
 * Answers a message from a phone with a text: on the same account, from the access number it was sent to with its
 * extension, with its LinkID, whatever the routes say. Otherwise as sanwang_client_send.
 */
sanwang_result_t sanwang_client_reply(struct sanwang_client_t *client,
                                      const struct sanwang_deliver_t *deliver,
                                      const char *text,
                                      uint64_t *ticket,
                                      struct sanwang_error_t **err);

/**
 * Says by its token that a polled delivery or report, or a delivery that on_deliver_later has left, has been handled,
 * as sanwang_event_handled does with the event itself. A token that was answered before is no error.
 */
sanwang_result_t sanwang_client_handled(struct sanwang_client_t *client,
                                        uint64_t token);

/**
 * Opens a simulator: it listens when this returns. `urls` are its listeners, URLs without user such as
 * `cmpp://127.0.0.1:0` (port 0: a free one), with NULL at the end. `rules` are keys and values that alternate, with
 * NULL at the end, or NULL: it answers at once with success and reports DELIVRD at once.
 *
 * | Rule | Value | Meaning |
 * |---|---|---|
 * | account | `901234:secret` | only accounts that are given may log in; may be repeated |
 * | answer_delay_ms, report_delay_ms, report_jitter_ms, reply_delay_ms | `50` | how late |
 * | stats | `DELIVRD=95,UNDELIV=5` | stats of reports with their weights |
 * | result | `8=1%` | a result that refuses, and its share; may be repeated |
 * | digit | `9=13` | receivers that end in 9 are refused with 13; may be repeated |
 * | reply | `TD=TD` | a phone that gets a text with the word writes back; may be repeated |
 * | seed | `1` | of everything that is random |
 * | silent | `yes` | nothing on stderr |
 *
 * SANWANG_BAD_SETTING: a URL or rule is wrong. SANWANG_SYSTEM: it cannot listen there. Where it fails, `out`
 * becomes NULL.
 */
sanwang_result_t sanwang_simulator_open(struct sanwang_simulator_t **out,
                                        const char *const *urls,
                                        const char *const *rules,
                                        struct sanwang_error_t **err);

/**
 * The address of the first listener of a protocol (`cmpp`, `sgip` or `smgp`) as `host:port`; NULL when there is
 * none. Valid until the simulator is freed.
 */
const char *sanwang_simulator_address(const struct sanwang_simulator_t *simulator,
                                      const char *protocol);

/**
 * Pushes a message from a phone (`sender`) to an access number (`receiver`) of an account that has logged in.
 *
 * SANWANG_NO_ROUTE: no account of this name has logged in.
 */
sanwang_result_t sanwang_simulator_deliver(struct sanwang_simulator_t *simulator,
                                           const char *account,
                                           const char *sender,
                                           const char *receiver,
                                           const char *text,
                                           struct sanwang_error_t **err);

/**
 * Says what a simulator has done so far.
 */
sanwang_result_t sanwang_simulator_counts(const struct sanwang_simulator_t *simulator,
                                          struct sanwang_simulator_counts_t *counts,
                                          size_t counts_size);

/**
 * Ends a simulator: stops listening, pushes what is due until the deadline (negative: without limit), ends every
 * session. Closing twice is no error.
 */
sanwang_result_t sanwang_simulator_close(struct sanwang_simulator_t *simulator,
                                         int64_t deadline_ms);

/**
 * Frees a simulator. Never waits. NULL is allowed.
 */
void sanwang_simulator_free(struct sanwang_simulator_t *simulator);

/**
 * Says what a text would cost on a protocol (`cmpp`, `sgip` or `smgp`). `settings` are keys and values of the
 * account's settings that matter for it, such as `coding` and `signature_tail`, alternating and with NULL at the
 * end; NULL for the defaults. Needs no client and no connection.
 *
 * SANWANG_BAD_CODING, SANWANG_TOO_LONG, SANWANG_BAD_SETTING: as for sending it. SANWANG_NOT_FOUND: no such
 * protocol.
 */
sanwang_result_t sanwang_text_preview(const char *protocol,
                                      const char *text,
                                      const char *const *settings,
                                      struct sanwang_preview_t *preview,
                                      size_t preview_size,
                                      struct sanwang_error_t **err);

/**
 * Version of the library at run time, for example `0.1.0`.
 */
const char *sanwang_version(void);

/**
 * Version of the library at run time, as SANWANG_VERSION_NUMBER. It may be higher than the header's.
 */
uint32_t sanwang_version_number(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SANWANG_H */
