/* SPDX-License-Identifier: MIT */
/* Delta3 records: section 6.7 and docs/rulings.md#delta3. */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/record.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/random.h"
#include "support/same.h"

/* Decodes text that must be a record; the record points into the text, which is kept for the
 * whole program: tests are short. */
static struct dl3_record decode(const char *xml)
{
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };
	struct dl3_str text = dl3t_wire_text(xml);
	enum dl3_err err = dl3_delta3_decode(text, &record, &fault);

	if (err != DL3_OK) {
		fail_msg("%s: %s at %zu: %.300s", dl3_err_name(err), fault.expected, fault.offset, xml);
	}
	assert_ptr_equal(record.raw.ptr, text.ptr);
	assert_int_equal(record.raw.len, text.len);
	return record;
}

static void refuses(const char *xml)
{
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };
	struct dl3_str text = dl3t_wire_text(xml);
	enum dl3_err err = dl3_delta3_decode(text, &record, &fault);

	if (err != DL3_ERR_DELTA3) {
		fail_msg("%s: %s", dl3_err_name(err), xml);
	}
	assert_int_equal(fault.err, DL3_ERR_DELTA3);
	assert_true(fault.offset <= text.len);
	assert_non_null(fault.expected);
	assert_int_equal(record.kind, DL3_KIND_UNKNOWN);
	assert_ptr_equal(record.raw.ptr, text.ptr);
	assert_int_equal(record.raw.len, text.len);
	dl3t_wire_text_free(text);
}

static void plainly(struct dl3_str came, const char *want)
{
	char *text = dl3t_plain(came, NULL);

	assert_non_null(came.ptr);
	assert_string_equal(text, want);
	free(text);
}

/* ---- The printed examples ---- */

static void dial_tone(void **state)
{
	struct dl3_record r =
		decode("<Detail>\n  <Call>\n    c0a82a03,1,,,,0,,,,\n  </Call>\n  <PartyA>\n\n"
	               "c0a82a03000003ea,1,7,1,3,0,0,0,1,8,106,,4001,0,0,,,,,4001,100\n  </PartyA>\n"
	               "</Detail>");
	const struct dl3_detail *d = &r.u.detail;

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_DETAIL);
	assert_true(d->has_call && d->has_a && !d->has_b);
	assert_int_equal(d->targets.count, 0);
	assert_true(r.irregular && d->a.row.irregular && !d->call.row.irregular);
	plainly(d->call.node, "c0a82a03");
	assert_int_equal(d->call.call_id, 1);
	assert_int_equal(d->call.row.present, 0x3ff);
	plainly(d->a.end, "c0a82a03000003ea");
	assert_int_equal(d->a.direction, 1);
	assert_int_equal(d->a.state, DL3_STATE_DIALLING);
	assert_int_equal(d->a.tone, DL3_TONE_DIAL);
	plainly(d->a.identity, "4001");
	plainly(d->a.cli, "4001");
	assert_int_equal(d->a.cli_presentation, 100);
}

static void incoming_call(void **state)
{
	struct dl3_record r = decode(
		"<Detail>\n  <Call>\n    c0a82a03,3,,,,0,,200,,200,\n  </Call>\n  <PartyA>\n"
		"0a82a0300002329,1,19,1,2,0,1,0,0,2,2,5.23,,0,0,5678,,,,,01707123456,100\n  </PartyA>\n"
		"  <Target_list>\n    <Target>\nc0a82a03000003fe,0,0,8,106,,4002,0,4,,,200,901707123456,100\n"
		"    </Target>\n    <Target>\nc0a82a03000003ff,0,0,8,106,,4003,0,4,,,200,901707123456,100\n"
		"    </Target>\n    <Target>\nc0a82a0300000407,0,0,8,106,,4001,0,4,,,200,901707123456,100\n"
		"    </Target>\n  </Target_list>\n</Detail>");
	static const char *const ends[] = { "c0a82a03000003fe", "c0a82a03000003ff", "c0a82a0300000407" };
	struct dl3_str rest = r.u.detail.targets.raw;
	struct dl3_target target;

	(void)state;
	/* The identifier of 15 characters is a slip of the description's, and taken as text. */
	plainly(r.u.detail.a.end, "0a82a0300002329");
	plainly(r.u.detail.a.description, "5.23");
	plainly(r.u.detail.a.cli, "01707123456");
	plainly(r.u.detail.call.originally_targeted_huntgroup, "200");
	plainly(r.u.detail.call.currently_targeted_huntgroup, "200");
	assert_int_equal(r.u.detail.call.row.present, 0x7ff);
	assert_false(r.u.detail.has_b);
	assert_int_equal(r.u.detail.targets.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
		plainly(target.end, ends[i]);
		plainly(target.cli, "901707123456");
		assert_int_equal(target.cli_presentation, DL3_PRESENTATION_UNSPECIFIED);
		assert_int_equal(target.called_reason, 4);
	}
	assert_int_equal(dl3_target_next(&rest, &target), DL3_END);
	assert_int_equal(dl3_target_next(&rest, &target), DL3_END);
}

static void answered_call(void **state)
{
	struct dl3_record r = decode(
		"<Detail><Call>c0a82a03,4,,,,0,,200,,200,</Call><PartyA>c0a82a030000232a,1,2,1,0,0,1,0,0,2,2,"
		"5.23,,0,0,5678,,,,,01707123456,100</PartyA><PartyB>c0a82a0300000413,0,2,1,0,0,0,0,1,8,106,,"
		"4001,0,4,,,,,200,901707123456,100</PartyB></Detail>");

	(void)state;
	assert_true(r.u.detail.has_b && r.irregular);
	assert_int_equal(r.u.detail.targets.count, 0);
	plainly(r.u.detail.b.purpose, "200");
	assert_int_equal(r.u.detail.b.state, DL3_STATE_CONNECTED);
}

static void phone_hung_up(void **state)
{
	struct dl3_record r = decode("<CallLost>\n\nc0a82a03,c0a82a0300000413,1,16\n\n</CallLost>");
	const struct dl3_call_lost *lost = &r.u.call_lost;

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_CALL_LOST);
	assert_false(r.irregular);
	plainly(lost->node, "c0a82a03");
	plainly(lost->end, "c0a82a0300000413");
	assert_int_equal(lost->cleared_inbound, 1);
	assert_int_equal(lost->cause, DL3_CAUSE_NORMAL);
	assert_false(DL3_HAS(lost, DL3_CALL_LOST_TIMESTAMP));
	assert_int_equal(lost->row.present, 0xf);
}

/* ---- White space and quotes ---- */

static void white_space_around_fields_does_not_count(void **state)
{
	struct dl3_record r =
		decode(" \r\n\t<CallLost> \n c0a82a03 ,\tend ,  1\r\n, \t16 , 5 </CallLost>\n ");

	(void)state;
	plainly(r.u.call_lost.node, "c0a82a03");
	plainly(r.u.call_lost.end, "end");
	assert_int_equal(r.u.call_lost.row.valued, 0x1f);
	assert_int_equal(r.u.call_lost.cause, 16);
	assert_int_equal(r.u.call_lost.timestamp, 5);
}

static void white_space_inside_tags_is_allowed_where_xml_allows_it(void **state)
{
	struct dl3_record r = decode("<CallLost >n,e</CallLost\n>");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_CALL_LOST);
	plainly(r.u.call_lost.end, "e");
}

static void white_space_inside_text_is_kept(void **state)
{
	struct dl3_record r = decode("<AttemptReject>n,e, John  Smith ,\" q \"</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.user, "John  Smith");
	plainly(r.u.attempt_reject.qualifier, " q ");
}

static void quoted_text_holds_commas_and_doubled_quotes(void **state)
{
	struct dl3_record r = decode("<AttemptReject>\"a,b,\"\"c\"\",d\",e, \"x,y\" ,q,5</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.node, "a,b,\"c\",d");
	plainly(r.u.attempt_reject.end, "e");
	plainly(r.u.attempt_reject.user, "x,y");
	assert_int_equal(r.u.attempt_reject.timestamp, 5);
}

static void a_stray_quote_inside_a_field_is_a_character(void **state)
{
	struct dl3_record r = decode("<AttemptReject>a\"b,c\",5\" pipe,q,7</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.node, "a\"b");
	plainly(r.u.attempt_reject.end, "c\"");
	plainly(r.u.attempt_reject.user, "5\" pipe");
	assert_int_equal(r.u.attempt_reject.timestamp, 7);
}

/* A quote that nothing closes encloses nothing; the commas behind it part fields. */
static void a_quote_never_closed_is_a_character(void **state)
{
	struct dl3_record r = decode("<AttemptReject>\"a,b,c,d,7</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.node, "\"a");
	plainly(r.u.attempt_reject.end, "b");
	assert_int_equal(r.u.attempt_reject.timestamp, 7);
}

static void a_quote_does_not_reach_past_its_element(void **state)
{
	struct dl3_record r = decode("<Detail><Call>n,1,\"a</Call><PartyA>e\",1</PartyA></Detail>");

	(void)state;
	plainly(r.u.detail.call.account_code, "\"a");
	plainly(r.u.detail.a.end, "e\"");
}

static void empty_quotes_are_empty_text(void **state)
{
	struct dl3_record r = decode("<AttemptReject>\"\",e,u,\"\",7</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.node, "");
	plainly(r.u.attempt_reject.qualifier, "");
	assert_int_equal(r.u.attempt_reject.timestamp, 7);
}

static void entities_are_undone_on_demand(void **state)
{
	struct dl3_record r =
		decode("<AttemptReject>M&amp;S "
	               "&lt;HQ&gt;,O&apos;Neil,\"&quot;,&quot;\",&#x41;&bogus;</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.node, "M&S <HQ>");
	plainly(r.u.attempt_reject.end, "O'Neil");
	plainly(r.u.attempt_reject.user, "\",\"");
	plainly(r.u.attempt_reject.qualifier, "A&bogus;");
	assert_true(r.u.attempt_reject.node.escaped);
}

static void text_that_is_no_utf8_is_latin_1(void **state)
{
	struct dl3_record r = decode("<AttemptReject>n,e,Z\xfcrich</AttemptReject>");

	(void)state;
	plainly(r.u.attempt_reject.user, "Z\xc3\xbcrich");
}

/* ---- Elements ---- */

static void targets_are_read_under_either_name(void **state)
{
	struct dl3_record r = decode(
		"<Detail><Call>n,1</Call><Targets><Target>e1</Target><Target>e2</Target></Targets></Detail>");
	struct dl3_str rest = r.u.detail.targets.raw;
	struct dl3_target target;

	(void)state;
	assert_int_equal(r.u.detail.targets.count, 2);
	assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
	assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
	plainly(target.end, "e2");
	assert_int_equal(dl3_target_next(&rest, &target), DL3_END);
}

static void any_number_of_targets(void **state)
{
	static const size_t counts[] = { 0, 1, 4, 100, 500 };

	(void)state;
	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		char *xml = malloc(64 + counts[k] * 40);
		struct dl3_target target;
		char want[16];
		size_t n = 0;

		strcpy(xml, "<Detail><Target_list>");
		for (size_t i = 0; i < counts[k]; i++) {
			(void)sprintf(xml + strlen(xml), "<Target>end%zu,0,1</Target>\n", i);
		}
		strcat(xml, "</Target_list></Detail>");
		struct dl3_record r = decode(xml);
		struct dl3_str rest = r.u.detail.targets.raw;

		assert_int_equal(r.u.detail.targets.count, counts[k]);
		for (; dl3_target_next(&rest, &target) == DL3_OK; n++) {
			(void)snprintf(want, sizeof(want), "end%zu", n);
			plainly(target.end, want);
			assert_int_equal(target.public_line, 1);
		}
		assert_int_equal(n, counts[k]);
		free(xml);
	}
}

static void a_record_without_targets_gives_none(void **state)
{
	struct dl3_record r = decode("<Detail><Call>n,1</Call></Detail>");
	struct dl3_str rest = r.u.detail.targets.raw;
	struct dl3_target target;

	(void)state;
	assert_int_equal(r.u.detail.targets.count, 0);
	assert_int_equal(dl3_target_next(&rest, &target), DL3_END);
}

static void unknown_elements_are_skipped(void **state)
{
	struct dl3_record r = decode(
		"<Detail><New>x,y</New><Call>n,1</Call><New><PartyA>not,me</PartyA><Deep><Deeper/></Deep></"
		"New>"
		"<PartyA>e,1,2</PartyA><Target_list><New><Target>no</Target></New><Target>t1</Target><Also/>"
		"</Target_list><New2/></Detail>");
	struct dl3_str rest = r.u.detail.targets.raw;
	struct dl3_target target;

	(void)state;
	plainly(r.u.detail.call.node, "n");
	plainly(r.u.detail.a.end, "e");
	assert_int_equal(r.u.detail.targets.count, 1);
	assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
	plainly(target.end, "t1");
	assert_int_equal(dl3_target_next(&rest, &target), DL3_END);
	assert_false(r.irregular);
}

static void an_unknown_element_may_hold_one_of_its_own_name(void **state)
{
	struct dl3_record r = decode("<Detail><X><X>1</X><X/></X><Call>n,1</Call></Detail>");

	(void)state;
	assert_true(r.u.detail.has_call);
}

static void names_that_only_begin_like_known_ones_are_unknown(void **state)
{
	struct dl3_record r =
		decode("<Detail><Calls>x,1</Calls><PartyAB>x</PartyAB><Party>x</Party><Cal>x</Cal></Detail>");

	(void)state;
	assert_false(r.u.detail.has_call || r.u.detail.has_a || r.u.detail.has_b);
	r = decode("<CallLostX>n,e</CallLostX>");
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_true(dl3_str_is(r.u.unknown.name, "CallLostX"));
	r = decode("<Detai>n,e</Detai>");
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
}

static void thousands_of_unknown_elements_deep(void **state)
{
	enum { DEPTH = 9000 };
	char *xml = malloc(64 + DEPTH * 9);
	char *p = xml + sprintf(xml, "<Detail>");

	(void)state;
	for (size_t i = 0; i < DEPTH; i++) {
		p += sprintf(p, "<X>");
	}
	char *middle = p;
	for (size_t i = 0; i < DEPTH; i++) {
		p += sprintf(p, "</X>");
	}
	(void)sprintf(p, "<Call>n,1</Call></Detail>");
	struct dl3_record r = decode(xml);

	assert_true(r.u.detail.has_call);
	*middle = '\0';
	refuses(xml);
	free(xml);
}

static void attributes_are_tolerated(void **state)
{
	struct dl3_record r = decode("<Detail version=\"1.2\" x='a'><Call id=\"7\">n,1</Call><PartyA a=\"b\" "
	                             ">e</PartyA></Detail>");

	(void)state;
	plainly(r.u.detail.call.node, "n");
	plainly(r.u.detail.a.end, "e");
}

static void a_prolog_and_comments_are_tolerated(void **state)
{
	struct dl3_record r =
		decode("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a <Call> -->\n<Detail><!-- x "
	               "--><Call>n,1</Call>"
	               "<!--<PartyA>no</PartyA>--><PartyB>e</PartyB><!----></Detail><!-- end -->");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_DETAIL);
	plainly(r.u.detail.call.node, "n");
	assert_false(r.u.detail.has_a);
	plainly(r.u.detail.b.end, "e");
}

static void a_closing_bracket_in_an_attribute_closes_nothing(void **state)
{
	struct dl3_record r =
		decode("<Detail a=\"1>2\" b='<Call>\"'><Call id='>x,9,'>n,1</Call><Shrug a='/>'>x</Shrug>"
	               "<PartyA a=\"x/\">e</PartyA></Detail>");

	(void)state;
	plainly(r.u.detail.call.node, "n");
	assert_int_equal(r.u.detail.call.call_id, 1);
	assert_true(r.u.detail.has_a);
	plainly(r.u.detail.a.end, "e");
	assert_false(r.irregular);
}

static void comments_at_either_end_of_a_row_are_skipped(void **state)
{
	struct dl3_record r =
		decode("<CallLost> <!-- a,b --><?pi x,y?> n,e,1,16 <!-- < --> <!--c--> </CallLost>");
	struct dl3_str rest;
	struct dl3_target target;

	(void)state;
	plainly(r.u.call_lost.node, "n");
	assert_int_equal(r.u.call_lost.cause, 16);
	assert_null(r.u.call_lost.row.extra.ptr);
	r = decode("<Detail><Call><!--x-->n,7</Call><Call><!--1<2-->m,8</Call><Target_list>"
	           "<Target><!-- <Target>no</Target> -->t1<!----></Target><Target>t2</Target><!-- x -->"
	           "</Target_list></Detail>");
	plainly(r.u.detail.call.node, "n");
	assert_int_equal(r.u.detail.call.call_id, 7);
	assert_int_equal(r.u.detail.targets.count, 2);
	rest = r.u.detail.targets.raw;
	assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
	plainly(target.end, "t1");
	assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
	plainly(target.end, "t2");
	assert_int_equal(dl3_target_next(&rest, &target), DL3_END);
}

/* A view cannot leave a comment out of its middle: better no record than one that lacks fields. */
static void a_row_that_goes_on_behind_a_comment_is_refused(void **state)
{
	static const char *const bad[] = {
		"<CallLost>n,e,<!-- x -->1,16</CallLost>",
		"<CallLost>n,e<!-- x -->2,1,16</CallLost>",
		"<CallLost>n,e<?pi?>,1,16</CallLost>",
		"<CallLost>n,e<!-- x -->,<!-- y --></CallLost>",
		"<Detail><Target_list><Target>a<!-- x -->b</Target></Target_list></Detail>",
		"<Detail><Call>n,1</Call><Call>n<!-- x -->,1</Call></Detail>",
		"<CallLost>n<!-- never closed</CallLost>",
		"<CallLost>n,e</CallLost><!-- never closed",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuses(bad[i]);
	}
}

static void a_cdata_section_in_a_row_is_refused_and_elsewhere_passed_over(void **state)
{
	static const char *const bad[] = {
		"<CallLost><![CDATA[n,e,1,16]]></CallLost>",
		"<CallLost>n,<![CDATA[e]]>,1,16</CallLost>",
		"<CallLost>n,e<![CDATA[]]></CallLost>",
		"<CallLost>n,e<!-- x --><![CDATA[f]]></CallLost>",
		"<CallLost>n,e</CallLost><![CDATA[x]]>",
		"<Detail><Target_list><Target><![CDATA[a]]></Target></Target_list></Detail>",
		"<Detail><![CDATA[</Detail>",
	};
	struct dl3_record r = decode("<Detail><![CDATA[ > <PartyA>no</PartyA> ]]><Call>n,1</Call>"
	                             "<Shrug><![CDATA[</Shrug> > ]]></Shrug></Detail>");

	(void)state;
	assert_false(r.u.detail.has_a);
	plainly(r.u.detail.call.node, "n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuses(bad[i]);
	}
}

static void empty_elements_count_as_none(void **state)
{
	struct dl3_record r =
		decode("<Detail><Call/><PartyA></PartyA><PartyB>\n </PartyB><Target_list/></Detail>");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_DETAIL);
	assert_false(r.u.detail.has_call);
	assert_false(r.u.detail.has_a);
	assert_false(r.u.detail.has_b);
	assert_int_equal(r.u.detail.targets.count, 0);
	r = decode("<Detail/>");
	assert_int_equal(r.kind, DL3_KIND_DETAIL);
	r = decode("<Detail></Detail>");
	assert_false(r.u.detail.has_call);
	assert_false(r.irregular);
}

static void an_empty_element_of_another_kind(void **state)
{
	struct dl3_record r = decode("<CallLost/>");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_CALL_LOST);
	assert_int_equal(r.u.call_lost.row.valued, 0);
	r = decode("<LinkLost></LinkLost>");
	assert_int_equal(r.kind, DL3_KIND_LINK_LOST);
	assert_int_equal(r.u.link_lost.row.valued, 0);
}

static void of_a_section_that_comes_twice_the_first_counts(void **state)
{
	struct dl3_record r =
		decode("<Detail><Call>n1,1</Call><Call>n2,2</Call><PartyA>e1</PartyA></Detail>");

	(void)state;
	assert_true(r.irregular);
	plainly(r.u.detail.call.node, "n1");
	r = decode("<Detail><PartyA>e1</PartyA><PartyB>e3</PartyB><PartyA>e2</PartyA></Detail>");
	assert_true(r.irregular);
	plainly(r.u.detail.a.end, "e1");
	r = decode("<Detail><Target_list><Target>t1</Target></Target_list><Target_list><Target>t2</"
	           "Target><Target>t3</Target>"
	           "</Target_list></Detail>");
	assert_true(r.irregular);
	assert_int_equal(r.u.detail.targets.count, 1);
}

static void a_root_nobody_knows_is_kept(void **state)
{
	struct dl3_record r = decode("<Shrug a=\"1\"><Call>n</Call></Shrug>");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_true(dl3_str_is(r.u.unknown.name, "Shrug"));
	assert_true(dl3_str_is(r.raw, "<Shrug a=\"1\"><Call>n</Call></Shrug>"));
}

static void what_is_not_well_formed_is_refused(void **state)
{
	static const char *const bad[] = {
		"<Detail>",
		"<Detail><Call>n,1</Call>",
		"<Detail><Call>n,1</Detail>",
		"<Detail><Call>n,1</Detail></Call>",
		"<Detail><Call>n,1</PartyA></Detail>",
		"<Detail></Details>",
		"<Detail></Detai>",
		"<CallLost>n,e,1,16",
		"<CallLost>n,e,1,16<",
		"<CallLost>n,e,1,16</",
		"<CallLost>n,e,1,16</CallLost",
		"<CallLost>n,e</LinkLost>",
		"<CallLost",
		"<",
		"<CallLost a=\"x>n,e</CallLost>",
		"<Detail a='>",
		"<>",
		"</CallLost>",
		"<Detail><X><Y></X></Y></Detail>",
		"<Detail><X></Detail>",
		"<Shrug>",
		"<Shrug></Shrog>",
		"<Detail><!-- never closed </Detail>",
		"<Detail><Target_list><Target>t</Target_list></Detail>",
		"<Detail><Target_list><Target>t</Target></Detail>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuses(bad[i]);
	}
}

/* ---- Rows ---- */

static void fields_behind_the_table_are_extra(void **state)
{
	struct dl3_record r = decode("<CallLost>n,e,1,16,5, 7,\"a,b\",,x </CallLost>");

	(void)state;
	assert_int_equal(r.u.call_lost.timestamp, 5);
	assert_int_equal(r.u.call_lost.row.present, 0x1f);
	assert_true(dl3_str_is(r.u.call_lost.row.extra, "7,\"a,b\",,x") ||
	            dl3_str_is(r.u.call_lost.row.extra, " 7,\"a,b\",,x "));
	assert_false(r.irregular);
}

static void a_row_of_just_its_table_has_no_extra(void **state)
{
	struct dl3_record r = decode("<CallLost>n,e,1,16,5</CallLost>");

	(void)state;
	assert_null(r.u.call_lost.row.extra.ptr);
	r = decode("<CallLost>n,e,1,16,5,</CallLost>");
	assert_non_null(r.u.call_lost.row.extra.ptr);
	assert_int_equal(r.u.call_lost.row.extra.len, 0);
}

static void absent_empty_and_zero_are_told_apart(void **state)
{
	struct dl3_record r = decode("<LinkLost>n,,0,</LinkLost>");
	const struct dl3_link_lost *lost = &r.u.link_lost;

	(void)state;
	assert_non_null(lost->end.ptr);
	assert_int_equal(lost->end.len, 0);
	assert_null(lost->link.ptr);
	assert_true(DL3_HAS(lost, DL3_LINK_LOST_CLEARED_INBOUND));
	assert_int_equal(lost->cleared_inbound, 0);
	assert_false(DL3_HAS(lost, DL3_LINK_LOST_CAUSE));
	assert_int_equal(lost->row.present, 0xf);
	assert_int_equal(lost->row.valued, 0x5);
	assert_int_equal(lost->row.unread, 0);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
	} good[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "-1", -1 },
		{ "007", 7 },
		{ "-0", 0 },
		{ " 12 ", 12 },
		{ "2147483648", INT64_C(2147483648) },
		{ "4294967296", INT64_C(4294967296) },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
		{ "00000000000000000000000000000042", 42 },
		{ "-00000000000000000000000000000042", -42 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char xml[128];

		(void)snprintf(xml, sizeof(xml), "<CallLost>n,e,1,16,%s</CallLost>", good[i].text);
		struct dl3_record r = decode(xml);

		if (!DL3_HAS(&r.u.call_lost, DL3_CALL_LOST_TIMESTAMP) ||
		    r.u.call_lost.timestamp != good[i].number) {
			fail_msg("\"%s\" is %lld", good[i].text, (long long)r.u.call_lost.timestamp);
		}
	}
}

static void what_cannot_be_read_as_a_number_is_kept_as_text(void **state)
{
	static const char *const bad[] = {
		"x",
		"12x",
		"x12",
		"1 2",
		"1.5",
		"0x10",
		"--1",
		"-",
		"9223372036854775808",
		"-9223372036854775809",
		"+",
		"1-",
		"\xff",
		"&",
		"1e3",
		"18446744073709551616",
		"18446744073709551617",
		"99999999999999999999999999999999999",
		"-99999999999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char xml[128];

		(void)snprintf(xml, sizeof(xml), "<CallLost>n,e,1, %s ,5</CallLost>", bad[i]);
		struct dl3_record r = decode(xml);
		const struct dl3_row *row = &r.u.call_lost.row;

		if ((row->unread >> DL3_CALL_LOST_CAUSE & 1u) == 0 ||
		    (row->valued >> DL3_CALL_LOST_CAUSE & 1u) != 0) {
			fail_msg("\"%s\" was read as %lld", bad[i], (long long)r.u.call_lost.cause);
		}
		assert_true((row->present >> DL3_CALL_LOST_CAUSE & 1u) != 0);
		assert_true(
			dl3_str_is(dl3_row_text(DL3_ROW_call_lost, row->raw, DL3_CALL_LOST_CAUSE), bad[i]));
		assert_int_equal(r.u.call_lost.timestamp, 5);
	}
}

/* The description knows no plus; whichever way it goes, nothing else may come of it. */
static void a_plus_is_read_or_kept(void **state)
{
	struct dl3_record r = decode("<CallLost>n,e,1,+16,5</CallLost>");
	const struct dl3_row *row = &r.u.call_lost.row;
	bool read = DL3_HAS(&r.u.call_lost, DL3_CALL_LOST_CAUSE);

	(void)state;
	assert_true(read != ((row->unread >> DL3_CALL_LOST_CAUSE & 1u) != 0));
	assert_true(!read || r.u.call_lost.cause == 16);
}

static void the_text_of_any_field(void **state)
{
	struct dl3_str raw = dl3t_wire_text(" a , \"b,c\" ,,d\t,e,f,g ");

	(void)state;
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_call_lost, raw, 0), "a"));
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_call_lost, raw, 1), "\"b,c\""));
	assert_non_null(dl3_row_text(DL3_ROW_call_lost, raw, 2).ptr);
	assert_int_equal(dl3_row_text(DL3_ROW_call_lost, raw, 2).len, 0);
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_call_lost, raw, 3), "d"));
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_call_lost, raw, 4), "e"));
	assert_null(dl3_row_text(DL3_ROW_call, dl3_str_of("a,b"), 2).ptr);
	assert_null(dl3_row_text(DL3_ROW_call, dl3_str_of("a,b"), 1000).ptr);
	dl3t_wire_text_free(raw);
}

/* A party row of `n` fields, each the number of its place; text and numbers alike. */
static void party_of(size_t n, char *xml)
{
	*xml = '\0';
	for (size_t i = 0; i < n; i++) {
		(void)sprintf(xml + strlen(xml), "%s%zu", i == 0 ? "" : ",", 100 + i);
	}
}

static int64_t party_field(const struct dl3_party *party, size_t index)
{
	if ((party->row.present >> index & 1u) == 0) {
		return -1;
	}
	if (dl3t_is_text(DL3_ROW_party, index)) {
		char *text = dl3t_plain(dl3t_text_at(DL3_ROW_party, party, index), NULL);
		int64_t number = *text == '\0' ? -2 : strtoll(text, NULL, 10);

		free(text);
		return number;
	}
	return dl3t_number_at(DL3_ROW_party, party, index);
}

static void party_rows_of_every_length(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 40; n++) {
		char text[40 * 5];
		struct dl3_party party;
		bool irregular = n == 21 || n == 22;

		party_of(n, text);
		struct dl3_str wire = dl3t_wire_text(text);

		dl3_row_decode(DL3_ROW_party, wire, &party);
		assert_int_equal(party.row.irregular, irregular);
		assert_true(dl3_str_same(party.row.raw, wire));
		for (size_t i = 0; i < DL3_PARTY_FIELDS; i++) {
			int64_t want = i < n ? (int64_t)(100 + i) : -1;

			if (irregular && i > DL3_PARTY_DIALLED) {
				bool last = i >= DL3_PARTY_PURPOSE && i <= DL3_PARTY_CLI_PRESENTATION;

				want = last ? (int64_t)(100 + n - 3 + (i - DL3_PARTY_PURPOSE)) : -1;
			}
			assert_int_equal(party_field(&party, i), want);
		}
		assert_int_equal(party.row.extra.ptr != NULL, n > 26);
		dl3t_wire_text_free(wire);
	}
}

static void what_lies_between_in_an_irregular_row_can_be_read(void **state)
{
	char text[40 * 5];

	(void)state;
	party_of(22, text);
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_party, dl3_str_of(text), 16), "116"));
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_party, dl3_str_of(text), 17), "117"));
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_party, dl3_str_of(text), 18), "118"));
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_party, dl3_str_of(text), 21), "121"));
	assert_null(dl3_row_text(DL3_ROW_party, dl3_str_of(text), 22).ptr);
}

static void only_party_rows_are_irregular_by_their_length(void **state)
{
	char text[40 * 5];
	struct dl3_delta2_s s;
	struct dl3_call call;

	(void)state;
	party_of(22, text);
	dl3_row_decode(DL3_ROW_delta2_s, dl3_str_of(text), &s);
	assert_false(s.row.irregular);
	dl3_row_decode(DL3_ROW_call, dl3_str_of(text), &call);
	assert_false(call.row.irregular);
}

static void quoted_commas_do_not_make_a_row_irregular(void **state)
{
	struct dl3_party party;

	(void)state;
	dl3_row_decode(DL3_ROW_party, dl3_str_of("e,1,2,1,0,0,0,0,1,8,106,,4001,0,4,,,,,,\"a,b,c\",9,100"),
	               &party);
	assert_false(party.row.irregular);
	assert_int_equal(party.cli_presentation, 100);
	plainly(party.purpose, "a,b,c");
}

/* An absent row is all absent, whatever was in the struct before. */
static void nothing_decodes_to_nothing(void **state)
{
	struct dl3_party party;
	struct dl3_record record;

	(void)state;
	memset(&party, 0xaa, sizeof(party));
	dl3_row_decode(DL3_ROW_party, (struct dl3_str){ 0 }, &party);
	assert_int_equal(party.row.valued, 0);
	assert_int_equal(party.row.unread, 0);
	assert_null(party.row.extra.ptr);
	assert_int_equal(party.end.len, 0);
	assert_null(party.related_end.ptr);
	(void)!dl3_delta3_decode((struct dl3_str){ 0 }, &record, NULL);
	assert_int_equal(record.kind, DL3_KIND_UNKNOWN);
	refuses("");
	refuses("  \n ");
	refuses("no markup at all");
}

static void a_mark_in_front_of_the_root_is_skipped(void **state)
{
	struct dl3_record r = decode("\xef\xbb\xbf<CallLost>n,e</CallLost>");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_CALL_LOST);
	plainly(r.u.call_lost.node, "n");
	r = decode("\xef\xbb\xbf \n<?xml version='1.0'?><Detail><Call>n,7</Call></Detail>");
	assert_int_equal(r.u.detail.call.call_id, 7);
	refuses("\xef\xbb<CallLost>n,e</CallLost>");
	refuses("\xef\xbb\xbf\xef\xbb\xbf<CallLost>n,e</CallLost>");
	refuses("\xef\xbb\xbf");
}

static void a_nul_behind_the_root_ends_the_text(void **state)
{
	static const char left[] = "<CallLost>n,e</CallLost>\0 \0</Detail><";
	static const char padded[] = "<CallLost>n,e</CallLost>\n\0\0\0";
	struct dl3_str text = { .ptr = left, .len = sizeof(left) - 1 };
	struct dl3_record r;

	(void)state;
	assert_int_equal(dl3_delta3_decode(text, &r, NULL), DL3_OK);
	plainly(r.u.call_lost.end, "e");
	assert_true(r.irregular);
	assert_int_equal(r.raw.len, sizeof(left) - 1);
	text = (struct dl3_str){ .ptr = padded, .len = sizeof(padded) - 1 };
	assert_int_equal(dl3_delta3_decode(text, &r, NULL), DL3_OK);
	assert_false(r.irregular);
}

static void text_around_the_root_is_refused(void **state)
{
	(void)state;
	refuses("<CallLost>n,e</CallLost>x");
	refuses("<CallLost>n,e</CallLost><CallLost>n,e</CallLost>");
	refuses("x<CallLost>n,e</CallLost>");
}

/* ---- Nasty input: it must be answered, whatever the answer ---- */

static void walk(const struct dl3_record *record)
{
	struct dl3_str rest = record->u.detail.targets.raw;
	struct dl3_target target;
	size_t n = 0;

	if (record->kind != DL3_KIND_DETAIL) {
		return;
	}
	while (dl3_target_next(&rest, &target) == DL3_OK) {
		n++;
	}
	assert_int_equal(n, record->u.detail.targets.count);
}

static bool survives(const char *data, size_t len)
{
	char *copy = dl3t_guard(data, len);
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };
	enum dl3_err err =
		dl3_delta3_decode((struct dl3_str){ .ptr = copy, .len = (uint32_t)len }, &record, &fault);

	assert_true(err == DL3_OK || err == DL3_ERR_DELTA3);
	assert_true(err == DL3_OK || (fault.offset <= len && record.kind == DL3_KIND_UNKNOWN));
	walk(&record);
	dl3t_guard_free(copy, len);
	return err == DL3_OK;
}

static const char *const samples[] = {
	"<Detail><Call>c0a82a03,14,,,,0,,,,,,,,,0,,\"Sales, then "
	"\"\"Support\"\"\",150</Call><PartyA>c0a82a0300000a00,1,2,1,"
	"0,0,1,0,1,5,106,,,0,0,5678,,,,,,0033123456789,100,1,\"M&amp;S &lt;HQ&gt;, "
	"Z\xc3\xbcrich\",,future</PartyA><PartyB>"
	"c0a82a0300000a01,0,2,1,0,0,0,20,1,10,162,,4005,0,0,,,,,,,,100,5,\"O&apos;Neil, "
	"Sean\",</PartyB></Detail>",
	"<Detail><Call>c0a82a03,3,,,,0,,200,,200</"
	"Call><PartyA>0a82a0300002329,1,19,1,2,0,1,0,0,2,2,5.23,,0,0,5678,,,,,0170,"
	"100</PartyA><Target_list><Target>c0a82a03000003fe,0,0,8,106,,4002,0,4,,,200,90,100</"
	"Target><Target>\nx\n</Target>"
	"</Target_list></Detail>",
	"<?xml version=\"1.0\"?><LinkLost>c0a82a04,c0a82a0300002700,0,16,240,17.1</LinkLost><!-- x -->",
	"<AttemptReject>c0a82a03,c0a82a0300000801,4002,\"dnd\",20</AttemptReject>",
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void records_cut_anywhere_are_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		size_t len = strlen(samples[s]);

		assert_true(survives(samples[s], len));
		for (size_t n = 0; n < len; n++) {
			bool ok = survives(samples[s], n);

			/* Only what follows the root may be missing from a record. */
			const char *behind = strstr(samples[s], "<!-- x -->");

			assert_true(!ok || (behind != NULL && samples[s] + n >= behind));
		}
	}
}

static void any_octet_changed_is_survived(void **state)
{
	static const char swaps[] = "<>/\"&;,! \n?=-A\0\xff";

	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		size_t len = strlen(samples[s]);
		char *changed = strdup(samples[s]);

		for (size_t at = 0; at < len; at++) {
			for (size_t k = 0; k < sizeof(swaps) - 1; k++) {
				changed[at] = swaps[k];
				(void)survives(changed, len);
			}
			changed[at] = samples[s][at];
		}
		free(changed);
	}
}

static void any_octet_left_out_or_doubled_is_survived(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		size_t len = strlen(samples[s]);
		char *changed = malloc(len + 2);

		for (size_t at = 0; at < len; at++) {
			memcpy(changed, samples[s], at);
			memcpy(changed + at, samples[s] + at + 1, len - at - 1);
			(void)survives(changed, len - 1);
			memcpy(changed, samples[s], at + 1);
			memcpy(changed + at + 1, samples[s] + at, len - at);
			(void)survives(changed, len + 1);
		}
		free(changed);
	}
}

static void zeros_in_the_text_are_survived(void **state)
{
	struct dl3_str text = { .ptr = "<CallLost>n\0m,e\0,1,1\0"
		                       "6</CallLost>",
		                .len = 33 };
	struct dl3_record record;

	(void)state;
	text.len = sizeof("<CallLost>n\0m,e\0,1,1\0"
	                  "6</CallLost>") -
	           1;
	assert_true(survives(text.ptr, text.len));
	assert_int_equal(dl3_delta3_decode(text, &record, NULL), DL3_OK);
	assert_int_equal(record.u.call_lost.node.len, 3);
	assert_false(DL3_HAS(&record.u.call_lost, DL3_CALL_LOST_CAUSE));
}

/* Text of every length around what a fast path takes at a time, against the unreadable page
 * behind it and, by a copy, in front of nothing but itself. */
static void fields_of_every_length(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 280; n++) {
		char text[300];
		char xml[700];

		memset(text, 'a', n);
		text[n] = '\0';
		(void)snprintf(xml, sizeof(xml), "<CallLost>%s,e%s,1,16,%zu</CallLost>", text,
		               n % 3 == 0 ? text : "", n);
		struct dl3_str wire = dl3t_wire_text(xml);
		struct dl3_record r;

		assert_int_equal(dl3_delta3_decode(wire, &r, NULL), DL3_OK);
		plainly(r.u.call_lost.node, text);
		assert_int_equal(r.u.call_lost.timestamp, n);
		dl3t_wire_text_free(wire);
	}
}

/* Field `index` of a row, from one comma to the next less the blanks around: what a simple
 * reader would see. */
static struct dl3_str simple_field(struct dl3_str row, size_t index, bool *more)
{
	const char *p = row.ptr;
	const char *end = row.ptr + row.len;
	const char *comma = memchr(p, ',', (size_t)(end - p));

	for (; index > 0 && comma != NULL; index--) {
		p = comma + 1;
		comma = memchr(p, ',', (size_t)(end - p));
	}
	*more = index == 0;
	end = comma == NULL ? end : comma;
	while (p < end && *p == ' ') {
		p++;
	}
	while (end > p && end[-1] == ' ') {
		end--;
	}
	return (struct dl3_str){ .ptr = p, .len = (uint32_t)(end - p) };
}

static void check_simple_row(struct dl3_str wire)
{
	struct dl3_delta2_s row;
	bool more = true;

	dl3_row_decode(DL3_ROW_delta2_s, wire, &row);
	for (size_t i = 0; i < DL3_DELTA2_S_FIELDS; i++) {
		struct dl3_str want = simple_field(wire, i, &more);
		struct dl3_str came = dl3_row_text(DL3_ROW_delta2_s, wire, i);

		assert_int_equal(row.row.present >> i & 1u, more);
		assert_int_equal(came.ptr != NULL, more);
		if (more) {
			assert_int_equal(came.len, want.len);
			assert_true(want.len == 0 || came.ptr == want.ptr);
		}
		if (more && dl3t_is_text(DL3_ROW_delta2_s, i)) {
			came = dl3t_text_at(DL3_ROW_delta2_s, &row, i);
			assert_int_equal(came.len, want.len);
			assert_true(want.len == 0 || came.ptr == want.ptr);
		}
	}
	(void)simple_field(wire, DL3_DELTA2_S_FIELDS, &more);
	assert_int_equal(row.row.extra.ptr != NULL, more);
}

/* The same for rows by themselves, which end at the page: with commas and text of all lengths. */
static void rows_of_every_length_are_split_as_a_simple_reader_would(void **state)
{
	struct dl3t_random random = { 31 };

	(void)state;
	for (unsigned round = 0; round < 10000; round++) {
		char text[600];
		size_t len = 1 + dl3t_below(&random, round % 10 == 0 ? 560 : 150);

		for (size_t i = 0; i < len; i++) {
			text[i] = "aaaa0,,\xc3 "[dl3t_below(&random, 9)];
		}
		/* A row of nothing at all has no fields. */
		text[dl3t_below(&random, len)] = 'x';
		char *wire = dl3t_guard(text, len);

		check_simple_row((struct dl3_str){ .ptr = wire, .len = (uint32_t)len });
		dl3t_guard_free(wire, len);
	}
}

static void many_fields_of_nothing(void **state)
{
	char text[20001];
	struct dl3_call_lost row;

	(void)state;
	memset(text, ',', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	dl3_row_decode(DL3_ROW_call_lost, dl3_str_of(text), &row);
	assert_int_equal(row.row.present, 0x1f);
	assert_int_equal(row.row.valued, 0);
	assert_int_equal(row.row.extra.len, sizeof(text) - 1 - 5);
}

DL3T_TESTS(cmocka_unit_test(dial_tone), cmocka_unit_test(incoming_call), cmocka_unit_test(answered_call),
           cmocka_unit_test(phone_hung_up), cmocka_unit_test(white_space_around_fields_does_not_count),
           cmocka_unit_test(white_space_inside_tags_is_allowed_where_xml_allows_it),
           cmocka_unit_test(white_space_inside_text_is_kept),
           cmocka_unit_test(quoted_text_holds_commas_and_doubled_quotes),
           cmocka_unit_test(a_stray_quote_inside_a_field_is_a_character),
           cmocka_unit_test(a_quote_never_closed_is_a_character),
           cmocka_unit_test(a_quote_does_not_reach_past_its_element),
           cmocka_unit_test(empty_quotes_are_empty_text), cmocka_unit_test(entities_are_undone_on_demand),
           cmocka_unit_test(text_that_is_no_utf8_is_latin_1),
           cmocka_unit_test(targets_are_read_under_either_name), cmocka_unit_test(any_number_of_targets),
           cmocka_unit_test(a_record_without_targets_gives_none),
           cmocka_unit_test(unknown_elements_are_skipped),
           cmocka_unit_test(an_unknown_element_may_hold_one_of_its_own_name),
           cmocka_unit_test(names_that_only_begin_like_known_ones_are_unknown),
           cmocka_unit_test(thousands_of_unknown_elements_deep), cmocka_unit_test(attributes_are_tolerated),
           cmocka_unit_test(a_prolog_and_comments_are_tolerated),
           cmocka_unit_test(a_closing_bracket_in_an_attribute_closes_nothing),
           cmocka_unit_test(comments_at_either_end_of_a_row_are_skipped),
           cmocka_unit_test(a_row_that_goes_on_behind_a_comment_is_refused),
           cmocka_unit_test(a_cdata_section_in_a_row_is_refused_and_elsewhere_passed_over),
           cmocka_unit_test(empty_elements_count_as_none), cmocka_unit_test(an_empty_element_of_another_kind),
           cmocka_unit_test(of_a_section_that_comes_twice_the_first_counts),
           cmocka_unit_test(a_root_nobody_knows_is_kept),
           cmocka_unit_test(what_is_not_well_formed_is_refused),
           cmocka_unit_test(fields_behind_the_table_are_extra),
           cmocka_unit_test(a_row_of_just_its_table_has_no_extra),
           cmocka_unit_test(absent_empty_and_zero_are_told_apart), cmocka_unit_test(numbers),
           cmocka_unit_test(what_cannot_be_read_as_a_number_is_kept_as_text),
           cmocka_unit_test(a_plus_is_read_or_kept), cmocka_unit_test(the_text_of_any_field),
           cmocka_unit_test(party_rows_of_every_length),
           cmocka_unit_test(what_lies_between_in_an_irregular_row_can_be_read),
           cmocka_unit_test(only_party_rows_are_irregular_by_their_length),
           cmocka_unit_test(quoted_commas_do_not_make_a_row_irregular),
           cmocka_unit_test(nothing_decodes_to_nothing),
           cmocka_unit_test(a_mark_in_front_of_the_root_is_skipped),
           cmocka_unit_test(a_nul_behind_the_root_ends_the_text),
           cmocka_unit_test(text_around_the_root_is_refused),
           cmocka_unit_test(records_cut_anywhere_are_refused),
           cmocka_unit_test(any_octet_changed_is_survived),
           cmocka_unit_test(any_octet_left_out_or_doubled_is_survived),
           cmocka_unit_test(zeros_in_the_text_are_survived), cmocka_unit_test(fields_of_every_length),
           cmocka_unit_test(rows_of_every_length_are_split_as_a_simple_reader_would),
           cmocka_unit_test(many_fields_of_nothing));
