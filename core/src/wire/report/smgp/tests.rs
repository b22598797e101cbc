#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;

const ID: [u8; 10] = [0x01, 0x00, 0x73, 0x01, 0x16, 0x17, 0x20, 0x01, 0x23, 0x45];

fn sample() -> SmgpReport {
    SmgpReport {
        msg_id: ID,
        sub: Text::new("001").unwrap(),
        dlvrd: Text::new("001").unwrap(),
        submit_date: Text::new("2401161700").unwrap(),
        done_date: Text::new("2401161702").unwrap(),
        stat: Text::new("DELIVRD").unwrap(),
        err: Text::new("000").unwrap(),
        text: SmgpReport::excerpt(b"Hello SMGP"),
    }
}

/// A content with other labels: `{}` stands for the id.
fn content(form: &str, text: &[u8]) -> Vec<u8> {
    let (head, tail) = form.split_once("{}").unwrap();
    [head.as_bytes(), &ID, tail.as_bytes(), text].concat()
}

fn parse(content: &[u8]) -> (SmgpReport, bool) {
    let mut notes = Notes::default();
    let report = SmgpReport::parse(content, &mut notes).unwrap();
    (report, notes.contains(Note::ReportVariant))
}

#[test]
fn usual_form_round_trips() {
    let content = sample().to_bytes().unwrap();
    assert_eq!(content.len(), USUAL);
    assert!(content.ends_with(b" text:010Hello SMGP\0\0\0\0\0\0\0"));
    assert_eq!(parse(&content), (sample(), false));
    assert_eq!(parse(&content).0.to_bytes().unwrap(), content);
}

#[test]
fn variants_of_live_gateways() {
    let text = sample().text;
    let forms = [
        "id:{} Sub:001 Dlvrd:001 Submit date:2401161700 done date: 2401161702 Stat:DELIVRD Err:000 Text:",
        "ID:{} sub:001 dlvrd:001 Submit_Date:2401161700 Done_Date:2401161702 stat:DELIVRD err:000 Txt:",
        "id:{}sSub:001sDlvrd:001sSubmit_Date:2401161700sDone_Date:2401161702sStat:DELIVRDsErr:000sText:",
        "id:{}\0sub:001\0dlvrd:001\0submit date:2401161700\0done date:2401161702\0stat:DELIVRD\0err:000\0txt:",
        "id:{}sub:001dlvrd:001submit date:2401161700done date:2401161702stat:DELIVRDerr:000txt:",
    ];
    for form in forms {
        assert_eq!(parse(&content(form, &text)), (sample(), true), "{form}");
    }
}

#[test]
fn odd_values() {
    let usual = "id:{} sub:001 dlvrd:001 submit date:2401161700 done date:2401161702 stat:";
    let form = |tail: &str| format!("{usual}{tail}");
    let (report, variant) = parse(&content(&form("VMFLUCTL err:163 text:"), &[0; 20]));
    assert_eq!(
        (report.stat, report.err, variant),
        (Text::new("VMFLUCTL").unwrap(), Text::new("163").unwrap(), true)
    );
    let (report, _) = parse(&content(&form("RT:0148 err:1   text:"), b""));
    assert_eq!((report.stat, report.err), (Text::new("RT:0148").unwrap(), Text::new("1").unwrap()));
    assert!(report.text.is_empty());
    let (report, _) = parse(&content(&form("DELIVRD err:000"), b""));
    assert_eq!((report.err, report.text.len()), (Text::new("000").unwrap(), 0));
    // One NUL too many behind the text.
    let (report, _) = parse(&content(&form("DELIVRD err:000 text:"), &[0; 21]));
    assert_eq!(report.text, Bytes::from_static(&[0; 20]));
    // A message that contains a label.
    let (report, _) = parse(&content(&form("DELIVRD err:000 text:"), b"014stat:X err:9 t:  "));
    assert_eq!(report.stat, "DELIVRD");
    // Dates of twelve digits.
    let twelve =
        "id:{} sub:001 dlvrd:001 submit date:010331200000 done date:010331200001 stat:DELIVRD err:000 text:";
    assert_eq!(parse(&content(twelve, b"")).0.done_date, "010331200001");
}

#[test]
fn id_in_digits() {
    let form = " sub:001 dlvrd:001 submit date:2401161700 done date:2401161702 stat:DELIVRD err:000 text:";
    let content = [b"id:01007301161720012345", form.as_bytes(), &sample().text].concat();
    assert_eq!(content.len(), 132);
    assert_eq!(parse(&content), (sample(), true));
}

#[test]
fn missing_labels_fall_back_to_the_usual_places() {
    let mut content = sample().to_bytes().unwrap().to_vec();
    content[76..80].copy_from_slice(b"STAE");
    let (report, variant) = parse(&content);
    assert_eq!((report, variant), (sample(), true));
    content.pop();
    assert_eq!(SmgpReport::parse(&content, &mut Notes::default()).unwrap_err().field, "stat");
}

#[test]
fn other_contents_are_no_reports() {
    for content in
        [&b""[..], b"id", b"id:123456789", b"hello, this is no report at all", b"id:0123456789 and no more"]
    {
        let error = SmgpReport::parse(content, &mut Notes::default()).unwrap_err();
        assert_eq!(error.class, ErrorClass::ValueOutOfRange);
    }
}

#[test]
fn every_cut_is_survived() {
    let content = sample().to_bytes().unwrap();
    for length in 0..=content.len() {
        let _ = SmgpReport::parse(&content[..length], &mut Notes::default());
        let _ = SmgpReport::parse(&vec![0xFF; length], &mut Notes::default());
        for octet in [0, b' ', b's', 0xFF] {
            let mut changed = content.to_vec();
            if length < changed.len() {
                changed[length] = octet;
            }
            let _ = SmgpReport::parse(&changed, &mut Notes::default());
        }
    }
}

#[test]
fn writing_is_strict_and_fills_in_defaults() {
    let error = SmgpReport { stat: Text::new("VMFLUCTL").unwrap(), ..sample() }.to_bytes().unwrap_err();
    assert_eq!((error.field, error.limit, error.actual), ("stat", 7, 8));
    let error = SmgpReport { text: Bytes::from_static(&[0; 21]), ..sample() }.to_bytes().unwrap_err();
    assert_eq!(error.field, "text");
    let content = SmgpReport::default().to_bytes().unwrap();
    assert_eq!(content.len(), USUAL);
    assert_eq!(parse(&content).0.sub, "001");
    assert_eq!(parse(&content).0.err, "000");
}

#[test]
fn excerpts() {
    assert_eq!(SmgpReport::excerpt(b"").as_ref(), b"000\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(SmgpReport::excerpt(b"twenty octets of text").as_ref(), b"021twenty octets of ");
    assert_eq!(SmgpReport::excerpt(&[0xC4, 0xE3]).as_ref(), [0; 20]);
}
