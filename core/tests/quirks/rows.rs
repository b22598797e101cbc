//! The list of quirks: every row of the tables of the protocol documents, what sanwang does about it, and the tests that
//! show it. The page `docs/quirks.md` is made from this list.

use sanwang::wire::Note::{self, *};

/// One row of a table.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its number in the table of the protocol document.
    pub(crate) id: &'static str,
    /// What live peers do.
    pub(crate) peers: &'static str,
    /// What sanwang does.
    pub(crate) here: &'static str,
    /// The tolerances that are counted, and that `strict` refuses.
    pub(crate) notes: &'static [Note],
    /// The settings that matter.
    pub(crate) settings: &'static [&'static str],
    /// What shows it.
    pub(crate) shown: Shown,
}

/// What shows a row.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Tests, as `file::function`: files of `core/tests/`, or of `core/src/` with `src/` in front.
    By(&'static [&'static str]),
    /// Nothing of ours, because of this.
    NotOurs(&'static str),
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    /// The section of the protocol document.
    pub(crate) source: &'static str,
    pub(crate) rows: &'static [Row],
}

const fn row(
    id: &'static str,
    peers: &'static str,
    here: &'static str,
    notes: &'static [Note],
    settings: &'static [&'static str],
    tests: &'static [&'static str],
) -> Row {
    Row { id, peers, here, notes, settings, shown: Shown::By(tests) }
}

pub(crate) const TABLES: [Table; 6] = [
    Table { title: "CMPP", source: "cmpp.md 14", rows: &CMPP },
    Table { title: "SGIP: accepted on reading", source: "sgip.md 15.1", rows: &SGIP_READ },
    Table { title: "SGIP: mistakes that are never written", source: "sgip.md 15.2", rows: &SGIP_WRITE },
    Table { title: "SGIP: what users trip over", source: "sgip.md 15.3", rows: &SGIP_USERS },
    Table { title: "SMGP", source: "smgp.md 16", rows: &SMGP },
    Table { title: "Contents", source: "sms-content.md 6", rows: &CONTENTS },
];

#[rustfmt::skip]
const CMPP: [Row; 36] = [
    row("1", "A 3.0 gateway sends reports of 60 octets, as the draft of 3.0 has them.", "The report is read by its own length.", &[ReportSize], &[], &["quirks/cmpp::a_report_of_the_other_size_is_read", "src/wire/report::the_length_chooses_the_form"]),
    row("2", "Msg_Length and the octets that are there disagree; the field behind the content is short or long.", "Total_Length decides; what is missing of the last field is empty, what is too much is ignored.", &[ReportLength, ShortTail, TrailingOctets], &[], &["quirks/cmpp::the_frame_decides_where_lengths_and_tails_disagree"]),
    row("3", "A 2.0 link carries reports of 71 octets.", "As row 1.", &[ReportSize], &[], &["quirks/cmpp::a_report_of_the_other_size_is_read"]),
    row("4", "Active_Test_Resp comes without its reserved octet.", "12 and 13 octets are read, 13 are written.", &[ReserveMissing], &[], &["quirks/cmpp::the_answer_to_a_link_test_is_read_with_and_without_its_octet"]),
    row("5", "The reserved octet of Active_Test_Resp is 1.", "Its value is ignored.", &[ReservedValue], &[], &["quirks/cmpp::the_answer_to_a_link_test_is_read_with_and_without_its_octet"]),
    row("6", "Connect_Resp has the layout of the other version.", "Its length decides, so a refused login is never taken for success.", &[LayoutByLength], &[], &["quirks/cmpp::the_answer_to_a_login_is_read_by_its_length"]),
    row("7", "Connect_Resp names version 0, or its digest is all zero.", "The login counts; `verify=strict` wants the digest.", &[VersionOctet, DigestEmpty], &["verify"], &["quirks/cmpp::a_gateway_that_names_no_version_and_no_digest_is_taken"]),
    row("8", "The gateway answers another version than was proposed and keeps to its own layouts.", "The account's version is spoken, whatever the answer names; answers are read by their length.", &[VersionOctet, LayoutByLength], &["version"], &["quirks/cmpp::a_lower_version_in_the_answer_changes_no_layout", "quirks/cmpp::the_answer_to_a_login_is_read_by_its_length"]),
    row("9", "Clients of 2.0 send the version octets 0, 1 or 2.", "A gateway speaks 2.0 with them.", &[VersionOctet], &["versions"], &["quirks/logins::version_octets_of_old_clients_mean_2_0_and_private_ones_are_refused", "quirks/strict::a_version_octet_is_refused_at_the_gateway_too"]),
    row("10", "A private variant logs in with version 0x7F.", "Refused with status 4.", &[], &[], &["quirks/logins::version_octets_of_old_clients_mean_2_0_and_private_ones_are_refused"]),
    row("11", "TP_udhi is 0x40, where SMPP has its bit.", "Read as a header. 1 is written, or 64 where the account says so.", &[UdhiBit], &["udhi"], &["quirks/cmpp::the_bit_of_smpp_means_a_header_and_is_written_where_it_is_wanted"]),
    row("12", "A 16-bit reference stands under the identifier of the 8-bit one (06 00 04).", "Read as a 16-bit reference.", &[WideReference], &[], &["quirks/cmpp::a_wide_reference_under_the_narrow_identifier_joins", "src/text/udh::a_wide_reference_under_the_narrow_identifier_is_one"]),
    row("13", "Parts of long messages are repeated, missing, or spread over connections.", "Parts are kept per account, copies change nothing, and what is incomplete at `join_deadline` is handed over.", &[], &["join_deadline"], &["quirks/cmpp::repeated_parts_change_nothing", "promises::parts_of_a_long_delivery_join_across_connections", "life::an_incomplete_long_delivery_comes_out_at_its_deadline"]),
    row("14", "All parts of a long submit have one Sequence_Id.", "A gateway tells them apart by their content and answers each.", &[RepeatedSequence], &[], &["quirks/cmpp::requests_with_one_sequence_are_all_answered"]),
    row("15", "Submit_Resp accepts with Msg_Id 0.", "Accepted. A report is then matched by its receiver at most.", &[ZeroId], &[], &["quirks/cmpp::accepted_without_an_id_is_accepted"]),
    row("16", "The parts of a Msg_Id are no date.", "Ids are opaque.", &[], &[], &["quirks/cmpp::an_id_is_opaque_whatever_its_parts_say"]),
    row("17", "Ids are printed negative, rounded, or as other digits on either side.", "An id has one text form that parses back.", &[], &[], &["quirks/cmpp::an_id_is_opaque_whatever_its_parts_say", "src/wire/msg_id::text_forms_parse_back"]),
    row("18", "From January to September an old client hashes the time without its leading zero.", "Ten digits are hashed; a gateway also takes nine.", &[UnpaddedTime], &[], &["quirks/cmpp::the_time_of_a_login_has_ten_digits_and_comes_from_one_reading", "quirks/logins::logins_of_old_clients_are_known_by_their_digests"]),
    row("19", "A client reads its clock twice, for the digest and for the field.", "One reading serves both.", &[], &[], &["quirks/cmpp::the_time_of_a_login_has_ten_digits_and_comes_from_one_reading"]),
    row("20", "A client sends the same time for ever.", "Taken; the time is not compared with the clock, but noted where it is more than ten minutes off.", &[LoginTime], &[], &["quirks/logins::a_time_that_never_changes_logs_in_again_and_again"]),
    row("21", "The gateway hashes its status with another width, or as a digit.", "Understood, with a line in the log; `verify=strict` ends such a login.", &[DigestDeviation], &["verify"], &["quirks/cmpp::three_ways_to_hash_the_status_are_understood"]),
    row("22", "A receive limit is smaller than a legal PDU.", "4,096 octets are taken by default; the longest Submit has 3,490.", &[], &["frame_limit"], &["quirks/cmpp::the_longest_legal_submit_is_taken"]),
    row("23", "A read timeout inside a PDU loses the beginning of it.", "What has arrived stays until the rest comes.", &[], &[], &["quirks/cmpp::a_frame_may_come_octet_by_octet_with_pauses", "bad_input::a_login_octet_by_octet_is_a_login"]),
    row("24", "Route messages have ids counted in decimal.", "The ids are those of the document; an unknown one is skipped by its length and told.", &[], &[], &["quirks/cmpp::commands_of_route_messages_are_those_of_the_table"]),
    row("25", "Msg_Length counts characters.", "Where twice the length fills the frame exactly, it is corrected.", &[CharacterCount], &[], &["quirks/cmpp::a_length_in_characters_is_corrected"]),
    row("26", "Fee_terminal_Id is 21 times the digit 0.", "Taken for an empty one.", &[ZeroNumber], &[], &["quirks/cmpp::a_billed_number_of_zeros_is_an_empty_one"]),
    row("27", "Numbers have 86 or +86 on one leg only.", "Numbers are compared without it. It is legal on both legs, so nothing is noted.", &[], &["prefix86"], &["quirks/cmpp::a_country_code_on_one_leg_only_is_no_other_number"]),
    row("28", "Reports have states of other lists, short words and odd times.", "States are looked up in the lists of vendors; what none has is a final failure. A time that is none is left out.", &[UnknownState], &[], &["quirks/cmpp::states_of_other_lists_and_odd_times_are_read"]),
    row("29", "Result 8 comes in storms.", "Sending slows down, and the segment goes again a bounded number of times.", &[], &["congestion_max"], &["promises::congestion_of_every_protocol_slows_down_and_sends_again", "life::endless_congestion_is_bounded"]),
    row("30", "Msg_Fmt is 9, 16, 0xF5 or 0xF6.", "The octets pass untouched.", &[MessageFormat], &["coding"], &["quirks/cmpp::formats_that_no_table_names_pass_untouched"]),
    row("31", "WAP push and SIM data with ports in the header.", "Passed as they are, in both directions.", &[], &[], &["gateway_side::wap_push_ports_and_flash_pass_in_both_directions"]),
    row("32", "A sender is longer than the assigned prefix, or another one: result 10.", "The sender goes out whole, up to 21 digits; a longer one is an error of `send`, result 10 an outcome.", &[], &["sender"], &["quirks/cmpp::a_sender_goes_out_whole_and_a_wrong_one_is_an_outcome", "bad_input::wrong_messages_are_errors_that_say_what_to_do"]),
    row("33", "The peer closes or sends Terminate in the middle of traffic.", "Answered. What was not written goes on the next connection, what was written is in doubt.", &[], &["resend"], &["quirks/cmpp::a_gateway_that_ends_the_session_in_the_middle_loses_nothing", "life::a_broken_connection_resends_only_what_was_never_written"]),
    row("34", "Wireshark's dissector reads every link as 3.0 and some fields wrongly.", "`sanwang dissector` writes one that knows the version; it is compared field by field with our own decoding.", &[], &[], &["cli/dissector::cmpp_fields_are_ours"]),
    row("35", "HTTP scanners knock on the port.", "Closed at the first octets, with a count and a short line.", &[], &[], &["bad_input::garbage_and_requests_before_the_login_close_the_connection", "hostile/lobby::scanners_and_other_protocols_cost_one_count_and_few_lines"]),
    row("36", "The digest is made over a login name longer than the field of six.", "The whole name is hashed and its first six characters are written, or what `source_addr` says.", &[], &["source_addr"], &["quirks/cmpp::a_long_login_name_is_hashed_whole_and_written_cut"]),
];

#[rustfmt::skip]
const SGIP_READ: [Row; 12] = [
    row("1", "Texts are padded with blanks.", "The blanks are cut off.", &[BlankPadding], &[], &["quirks/sgip::padding_of_texts_is_read_and_noted"]),
    row("2", "Octets other than NUL follow the NUL that ends a text.", "They are ignored.", &[PaddingGarbage], &[], &["quirks/sgip::padding_of_texts_is_read_and_noted"]),
    row("3", "The last Reserve is missing.", "Read where exactly its 8 octets are missing; with a part of it the frame is malformed.", &[ReserveMissing], &[], &["quirks/sgip::a_missing_reserve_is_read_where_all_of_it_is_missing"]),
    row("4", "Octets follow a complete body.", "They are ignored and counted.", &[TrailingOctets], &[], &["quirks/sgip::octets_behind_a_body_are_ignored_and_counted"]),
    row("5", "Unbind_Resp has a body.", "It is ignored.", &[TrailingOctets], &[], &["quirks/sgip::an_answer_to_unbind_may_have_a_body"]),
    row("6", "The node number is 0, time and serial are random.", "Taken, and answered with the same twelve octets. A random one looks like any other, so only node 0 is noted.", &[ZeroNode], &[], &["quirks/sgip::a_request_without_a_node_or_with_a_random_sequence_is_answered_with_it"]),
    row("7", "Serials go down, or come again under another time.", "The key is all twelve octets.", &[], &[], &["quirks/sgip::a_request_without_a_node_or_with_a_random_sequence_is_answered_with_it"]),
    row("8", "Reports and deliveries come on the SP's own connection, or before the Bind.", "Taken on the own connection; a gateway sends them there where `push_back` says so. Before the Bind nothing is heard: nobody knows yet whose it is.", &[OwnConnection], &["push_back"], &["quirks/sgip::reports_and_deliveries_on_the_own_connection_are_taken", "quirks/sgip::a_gateway_pushes_on_the_connection_of_the_sp_where_it_is_told_to", "quirks/sgip::nothing_is_heard_before_the_login"]),
    row("9", "The gateway closes without Unbind.", "A connection without open requests has ended in order.", &[], &["idle_close"], &["quirks/sgip::a_gateway_that_closes_without_unbind_ends_in_order"]),
    row("10", "Several PDUs come in one piece, or a PDU in several.", "Frames are found by their lengths only.", &[], &[], &["quirks/sgip::pdus_may_be_cut_and_merged_anywhere"]),
    row("11", "State or ReportType are outside the table.", "Kept as they are; such a state counts as a final failure, with a Trouble event.", &[UnknownState], &[], &["quirks/sgip::states_and_types_outside_the_table_are_kept", "flow::an_sgip_state_that_no_list_has_is_kept_and_told"]),
    row("12", "A gateway binds with LoginType 1.", "Refused with 4, unless `peer_type` has it.", &[], &["peer_type"], &["quirks/types::a_gateway_binds_with_the_types_of_the_account"]),
];

#[rustfmt::skip]
const SGIP_WRITE: [Row; 13] = [
    row("1", "The node number is a signed number.", "It is unsigned everywhere.", &[], &["node"], &["quirks/sgip::what_we_write_has_the_sizes_and_numbers_of_the_tables"]),
    row("2", "Result has four octets.", "Answers have 29 octets, Result one of them.", &[], &[], &["quirks/sgip::what_we_write_has_the_sizes_and_numbers_of_the_tables"]),
    row("3", "Answers have a sequence of zeros or of their own.", "An answer repeats all twelve octets. On reading, the serial alone is enough where the rest is zero.", &[AnswerSequence], &[], &["quirks/sgip::a_request_without_a_node_or_with_a_random_sequence_is_answered_with_it", "quirks/sgip::an_answer_with_the_serial_alone_finds_its_request"]),
    row("4", "Months count from 0, serials are milliseconds.", "The time is MMDDhhmmss, the serial counts up.", &[], &[], &["quirks/sgip::what_we_write_has_the_sizes_and_numbers_of_the_tables", "src/time::beijing_time_of_known_instants"]),
    row("5", "Each connection of a node counts its own serials.", "All connections of a node share one counter.", &[], &["node"], &["quirks/sgip::serials_of_a_node_are_one_row_over_its_connections"]),
    row("6", "A text longer than its field shifts what follows.", "It is an error of `send` that names the field and its size.", &[], &[], &["quirks/sgip::what_does_not_fit_is_an_error_and_never_cut"]),
    row("7", "Name and password of a Bind are packed.", "A Bind has 61 octets.", &[], &[], &["quirks/sgip::what_we_write_has_the_sizes_and_numbers_of_the_tables"]),
    row("8", "UserCount is 1 with several numbers behind it, or signed.", "It is the number of receivers, up to 100.", &[], &["max_receivers"], &["quirks/sgip::several_receivers_are_counted_and_a_report_has_its_places"]),
    row("9", "Report has a Reserve of 21 octets, or the serial in place of the node.", "Its fields are those of the document.", &[], &[], &["quirks/sgip::several_receivers_are_counted_and_a_report_has_its_places"]),
    row("10", "TP_udhi is 1 without a header in the content.", "It is set exactly where a header is written.", &[], &[], &["quirks/sgip::what_does_not_fit_is_an_error_and_never_cut"]),
    row("11", "Contents are cut at 140 octets.", "Long texts are split; what has too many segments is an error.", &[], &["max_segments"], &["quirks/sgip::what_does_not_fit_is_an_error_and_never_cut"]),
    row("12", "Contents are trimmed.", "Contents are never trimmed.", &[], &[], &["quirks/sgip::what_does_not_fit_is_an_error_and_never_cut"]),
    row("13", "Lengths and counts are believed before the frame is looked at.", "They are checked against the frame before anything is stored.", &[], &["frame_limit"], &["quirks/sgip::counts_of_a_hostile_frame_cost_nothing"]),
];

#[rustfmt::skip]
const SGIP_USERS: [Row; 11] = [
    row("1", "Submits go, but reports and replies never come.", "An account listens with `listen`; connections of the gateway show in its state.", &[], &["listen"], &["engine::sgip_accounts_share_a_listener_and_each_gets_its_own", "smoke::one_message_through_each_network"]),
    row("2", "Bind_Resp 1 although the password is right.", "The state is REFUSED and the log says status 1 with its meaning; `local`, `node` and `login_type` are what can be wrong.", &[], &["local", "node"], &["quirks/sgip::a_refused_bind_names_what_it_usually_is", "reconnect::a_thousand_reconnects_leave_threads_and_memory_as_they_were"]),
    row("3", "Submit_Resp 0, and nothing arrives.", "An answer is not an outcome: the report decides, with its error code and its meaning.", &[], &[], &["quirks/sgip::a_failed_report_says_why_although_the_answer_accepted"]),
    row("4", "Reports cannot be matched.", "The sequence that went out is the key, unsigned and whole, with the receiver.", &[], &[], &["life::sgip_report_before_answer_counts_as_the_answer", "quirks/sgip::an_answer_with_the_serial_alone_finds_its_request"]),
    row("5", "Chinese text is broken.", "MessageCoding decides.", &[GbkInAscii], &["coding"], &["quirks/smgp::the_format_decides_the_charset_and_gbk_in_ascii_is_read"]),
    row("6", "Long texts are cut or come as several messages.", "TP_udhi is set, and long Chinese texts go out as UCS-2.", &[], &["coding"], &["quirks/sgip::what_does_not_fit_is_an_error_and_never_cut", "text_vectors::every_vector_holds"]),
    row("7", "Sending stops after a quiet time.", "A quiet connection is closed by us after `idle_close`; the next message dials.", &[], &["idle_close"], &["life::sgip_rests_when_idle_and_dials_again", "quirks/sgip::a_gateway_that_closes_without_unbind_ends_in_order"]),
    row("8", "Codes mean something else than the manual says.", "`codes` chooses the table; the number itself is always there.", &[], &["codes"], &["flow::codes_choose_the_table_that_explains"]),
    row("9", "Throughput is low.", "Up to `window` requests wait for their answers at once.", &[], &["window"], &["promises::requests_do_not_wait_for_each_other"]),
    row("10", "Messages are refused at a high rate.", "`rate` holds the rate; 11, 33 and 88 slow down and send again.", &[], &["rate", "congestion"], &["promises::congestion_of_every_protocol_slows_down_and_sends_again", "life::the_rate_counts_segments"]),
    row("11", "Reports seem to come twice.", "Each is answered, copies are marked and decide nothing.", &[], &["ack", "ack_within"], &["quirks/sgip::a_report_that_comes_twice_is_answered_twice_and_decides_once"]),
];

#[rustfmt::skip]
const SMGP: [Row; 33] = [
    row("1", "A vendor's clients log in with the constant time 8080808, LoginMode 3 and version 1.", "The time is hashed with ten digits and not compared with the clock; mode and version are taken and noted.", &[LoginTime, LoginMode, VersionOctet], &[], &["quirks/smgp::a_constant_short_time_is_hashed_with_ten_digits", "quirks/logins::logins_of_old_clients_are_known_by_their_digests"]),
    row("2", "Clients send version 30 in decimal, or 0.", "Unknown octets below 4.0 mean the listener's version; higher ones are refused with 22.", &[VersionOctet], &["version"], &["quirks/smgp::unknown_version_octets_mean_the_configured_version", "quirks/logins::logins_of_old_clients_are_known_by_their_digests"]),
    row("3", "A client pads its name to 8 octets before it hashes it.", "A gateway tries both digests.", &[PaddedName], &[], &["quirks/smgp::a_digest_over_the_padded_name_is_right_too", "quirks/logins::logins_of_old_clients_are_known_by_their_digests"]),
    row("4", "A server pads with blanks and hashes the binary time.", "Refused.", &[], &[], &["quirks/smgp::blanks_and_binary_times_in_the_digest_are_refused"]),
    row("5", "AuthenticatorServer is wrong or zero.", "The login counts, with a count or a line in the log; `verify=strict` ends it.", &[DigestEmpty, DigestWrong], &["verify"], &["quirks/smgp::a_wrong_digest_of_the_server_ends_no_login_unless_it_is_asked_for"]),
    row("6", "Digests and ids are cut at their first NUL.", "They are octets.", &[], &[], &["quirks/smgp::digests_and_ids_with_nul_inside_stay_whole"]),
    row("7", "Active_Test_Resp has 13 octets, and those who send it want it.", "12 and 13 are read; 12 are written, or 13 where the account says so.", &[TrailingOctets], &["test_reserve"], &["quirks/smgp::the_answer_to_a_link_test_has_twelve_or_thirteen_octets"]),
    row("8", "Active_Test_Resp has sequence 0, or the id of the request.", "Any octet counts as life; no answer has to match.", &[AnswerSequence], &[], &["quirks/smgp::any_octets_count_as_life_whatever_they_say"]),
    row("9", "Exit is sent under the id of Active_Test.", "It is a link test and is answered.", &[], &[], &["quirks/smgp::an_exit_under_the_id_of_a_link_test_is_a_link_test"]),
    row("10", "Optional parameters come in any order.", "Their order means nothing.", &[], &[], &["quirks/smgp::parameters_may_come_in_any_order"]),
    row("11", "A decoder believes that numbers have one octet.", "They are written with one; with more the last octet counts.", &[TlvLength], &[], &["quirks/smgp::numbers_in_parameters_are_written_with_one_octet_and_read_with_more"]),
    row("12", "Unknown parameters stop a decoder.", "They are kept and skipped; none are written.", &[UnknownTlv], &[], &["quirks/smgp::unknown_parameters_are_skipped_and_none_are_sent"]),
    row("13", "Clients append LinkID, SubmitMsgType and SPDealResult of zeros.", "They are as good as none.", &[], &[], &["quirks/smgp::parameters_of_zeros_are_as_good_as_none"]),
    row("14", "An encoder counts TP_pid twice, so PacketLength is one too large.", "What follows is no PDU: the connection ends, and the Trouble event holds the frame at fault.", &[StrayTlvOctets], &[], &["quirks/smgp::a_length_that_is_one_too_large_ends_the_connection_with_the_frame_at_fault"]),
    row("15", "MsgLength is read as a signed number.", "It is unsigned.", &[], &[], &["quirks/smgp::lengths_above_127_are_lengths"]),
    row("16", "An encoder leaves MsgLength out.", "Answered with status 10; the Trouble event guesses at it.", &[], &[], &["quirks/smgp::a_missing_length_is_answered_and_guessed_at"]),
    row("17", "Deliveries are decoded as one charset whatever MsgFormat says.", "MsgFormat decides.", &[], &[], &["quirks/smgp::the_format_decides_the_charset_and_gbk_in_ascii_is_read"]),
    row("18", "GBK comes under MsgFormat 0, ASCII under 15.", "Octets above 127 in ASCII are read as GBK.", &[GbkInAscii], &[], &["quirks/smgp::the_format_decides_the_charset_and_gbk_in_ascii_is_read"]),
    row("19", "All long messages have reference 0; an empty last segment follows at exact multiples.", "A part with other content in a filled place begins a new message; an empty part completes one.", &[EmptyPart], &["join_deadline"], &["quirks/smgp::one_reference_for_all_messages_and_an_empty_last_part_join"]),
    row("20", "PkNumber counts from 0.", "The header of the content is the authority; parts numbered from 0 are joined, too.", &[PartFromZero], &[], &["quirks/smgp::parts_numbered_from_zero_join_and_the_header_is_the_authority"]),
    row("21", "Parts from the second on lose ServiceID and parameters.", "Every part has the fields of the message.", &[], &[], &["quirks/smgp::every_part_has_the_fields_of_the_message"]),
    row("22", "On-demand services want the LinkID of the request.", "`reply` copies it; the field `link_id` sets it.", &[], &["link_id"], &["engine::a_reply_goes_back_where_the_message_came_from", "quirks/smgp::every_part_has_the_fields_of_the_message"]),
    row("23", "Mobile gateways want MServiceID and MsgSrc.", "Settings of the account, written on every Submit.", &[], &["m_service_id", "msg_src"], &["quirks/smgp::every_part_has_the_fields_of_the_message"]),
    row("24", "Fees are \"0\", \"00\", \"000\" or \"000000\".", "`00` and `000000` are written, any form is taken.", &[], &["fee_type", "fee_code"], &["quirks/smgp::every_part_has_the_fields_of_the_message", "quirks/smgp::fees_of_other_forms_are_taken"]),
    row("25", "Access numbers begin with 118 or 10659.", "The sender goes out as it is written.", &[], &["sender"], &["quirks/smgp::the_sender_goes_out_as_it_is_allotted"]),
    row("26", "Deliveries have numbers with 86 or +86.", "`sender` has the national number, the octets stay as they came.", &[], &[], &["quirks/smgp::a_country_code_in_a_delivery_is_taken_away_and_stays_in_the_octets"]),
    row("27", "A gateway takes fewer receivers than 100 in one Submit.", "One is the default; `max_receivers` says how many.", &[], &["max_receivers"], &["quirks/smgp::one_receiver_a_submit_unless_the_account_says_more", "receivers::every_receiver_has_its_ticket_its_id_and_its_outcome"]),
    row("28", "A report comes before its answer, or on another connection; its two numbers are swapped.", "Matched per account; an early one is parked.", &[SwappedNumbers], &["park"], &["quirks/smgp::a_report_that_overtakes_its_answer_or_swaps_its_numbers_is_matched", "promises::a_report_finds_its_message_on_another_connection"]),
    row("29", "Deliveries are repeated where the answer is slow.", "Answered by `ack_within` at the latest; copies are answered and marked.", &[], &["ack_within", "ack"], &["quirks/smgp::a_repeated_delivery_is_answered_again_and_marked", "life::a_handler_that_takes_too_long_is_answered_for"]),
    row("30", "Some peers have separate connections to send and to receive; accounts have a limit of connections.", "`login_mode=0,1` makes them take turns; a gateway pushes nothing to one that only sends.", &[], &["login_mode", "connections"], &["quirks/smgp::connections_may_be_for_sending_and_for_receiving", "quirks/types::nothing_is_pushed_to_a_connection_that_only_sends"]),
    row("31", "The connection is closed in place of a refused login.", "Said as that: closed during login.", &[], &[], &["quirks/smgp::closed_instead_of_refused_is_said"]),
    row("32", "Servers want link tests answered within 5 s.", "Answered when they are read, whatever the window and the handlers do.", &[], &[], &["quirks/smgp::a_link_test_is_answered_at_once_under_full_load", "engine::a_handler_that_blocks_stops_neither_link_tests_nor_other_accounts"]),
    row("33", "Provinces have SubmitMsgType 13 and 15 with contents of their own.", "Passed in both directions.", &[], &["sub_msg_type"], &["quirks/smgp::other_kinds_of_messages_pass"]),
];

#[rustfmt::skip]
const CONTENTS: [Row; 6] = [
    row("indicator", "The PDU does not say that its content begins with a header.", "A header that can be nothing else is recognised.", &[UdhiMissing], &[], &["quirks/smgp::a_header_without_its_parameter_and_parameters_without_a_header_join", "src/text/udh::detection_needs_every_sign"]),
    row("parameters", "SMGP names the part in PkTotal and PkNumber only.", "They are the key, with the numbers in place of the reference.", &[], &[], &["quirks/smgp::a_header_without_its_parameter_and_parameters_without_a_header_join"]),
    row("index", "Parts are numbered from 0.", "Joined when 0 to total - 1 are there.", &[PartFromZero], &[], &["quirks/smgp::parts_numbered_from_zero_join_and_the_header_is_the_authority"]),
    row("reports", "SMGP reports have other labels, separators and sizes; ids in digits.", "Every form that is known decides its message.", &[ReportVariant], &[], &["quirks/smgp::reports_of_every_spelling_decide_their_message", "src/wire/report/smgp/tests::variants_of_live_gateways"]),
    row("layouts", "Peers of SMGP 1.3 have three layouts of the fees; parameters come in versions that have none; SGIP prints one command id wrongly.", "The layout that is sent is a setting, what comes is known by its length.", &[LayoutByLength, OtherVersion, MisprintedCommand, TlvInOldVersion], &["version"], &["quirks/smgp::old_layouts_are_spoken_and_recognised", "src/wire/sgip/tests::misprinted_id_is_a_response_only_with_nine_octets", "src/wire/smgp/tests::optional_parameters"]),
    Row { id: "packing", peers: "A gateway packs format 0 to septets and corrupts the header in front of it.", here: "Nothing can be seen of it from here: long ASCII can be sent as UCS-2.", notes: &[], settings: &["coding"], shown: Shown::NotOurs("it happens behind the gateway, so that no test of ours can show it") },
];
