use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    name: String,
    weights: Vec<f64>,
    kind: Option<bool>,
}

fn part() -> Part {
    Part { name: "a".to_owned(), weights: vec![0.1, f64::INFINITY, -0.0], kind: Some(true) }
}

fn sample() -> Vec<u8> {
    let mut file = Container::new(&BUNDLE);
    file.push("playbook", b"[playbook]".to_vec()).unwrap();
    file.push("model", to_postcard(&part()).unwrap()).unwrap();
    file.push("empty", Vec::new()).unwrap();
    file.write()
}

fn message(bytes: &[u8]) -> String {
    Container::read(bytes, &BUNDLE).unwrap_err().to_string()
}

/// The sample's table with a header checksum that fits, as only a writer that means harm makes.
fn forged(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let bytes = sample();
    let length = usize::from(bytes[12]) + 256 * usize::from(bytes[13]);
    let mut header = bytes[..PREFIX + length].to_vec();
    change(&mut header);
    let checksum = blake3::hash(&header);
    [&header, checksum.as_bytes().as_slice(), &bytes[PREFIX + length + CHECKSUM..]].concat()
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    let file = Container::read(&bytes, &BUNDLE).unwrap();
    assert_eq!(file.version, 1);
    assert_eq!(file.require_text("playbook").unwrap(), "[playbook]");
    assert_eq!(file.require_value::<Part>("model").unwrap(), part());
    assert_eq!(file.require("empty").unwrap(), b"");
    assert_eq!(file.get("models"), None);
    assert_eq!(file.write(), bytes);
}

#[test]
fn the_same_sections_give_the_same_bytes() {
    assert_eq!(sample(), sample());
    assert_eq!(hash(&sample()), hash(&sample()));
    assert_eq!(hash(b"").len(), 64);
}

#[test]
fn the_layout_is_the_documented_one() {
    let mut file = Container::new(&SNAPSHOT);
    file.push("ab", vec![7]).unwrap();
    let bytes = file.write();
    assert_eq!(&bytes[..16], b"stayputS\x04\0\x01\0\x2b\0\0\0");
    assert_eq!(&bytes[16..27], b"\x02ab\x01\0\0\0\0\0\0\0");
    assert_eq!(&bytes[27..59], blake3::hash(&[7]).as_bytes());
    assert_eq!(&bytes[59..91], blake3::hash(&bytes[..59]).as_bytes());
    assert_eq!(&bytes[91..], &[7]);
}

#[test]
fn each_damage_has_its_error() {
    let bytes = sample();
    let altered = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    let last = bytes.len() - 1;
    let long = [bytes.as_slice(), b"xyz"].concat();
    let snapshot = Container::new(&SNAPSHOT).write();
    let cases: [(&[u8], &str); 11] = [
        (b"", "bundle: not a Stayput bundle"),
        (b"PK\x03\x04 and more", "bundle: not a Stayput bundle"),
        (&snapshot, "bundle: not a Stayput bundle; this is a snapshot"),
        (&bytes[..9], "bundle: it ends too early (file truncated or altered)"),
        (&altered(8 + 1), "bundle: written by format version 257; this version reads 1 to 1"),
        (&altered(20), "bundle: the section table fails its checksum (file truncated or altered)"),
        (&bytes[..last], "bundle: section `model` ends too early (file truncated or altered)"),
        (&altered(last), "bundle: section `model` fails its checksum (file truncated or altered)"),
        (&long, "bundle: 3 bytes follow the last section"),
        (&forged(|header| header[17] = b'P'), "bundle: the section table has an impossible name"),
        (
            &forged(|header| header[25..33].fill(0xff)),
            "bundle: section `playbook` ends too early (file truncated or altered)",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(message(bytes), expected);
    }
}

#[test]
fn a_forged_table_is_refused() {
    assert_eq!(
        message(&forged(|header| header[10] = 2)),
        "bundle: the section table does not have the length it states"
    );
    assert!(message(&forged(|header| header[10] = 4)).contains("it ends too early"));
    assert!(message(&forged(|header| header[11] = 255)).contains("it ends too early"));
    let twice = forged(|header| {
        let entry = header[PREFIX..PREFIX + 49].to_vec();
        header.truncate(PREFIX);
        header.extend([entry.clone(), entry].concat());
        (header[10], header[12], header[13]) = (2, 98, 0);
    });
    assert!(message(&twice).contains("section `playbook` is there twice"), "{}", message(&twice));
}

#[test]
fn a_snapshot_has_its_own_codes() {
    let mut file = Container::new(&SNAPSHOT);
    file.push("customers", vec![1, 2, 3]).unwrap();
    let mut bytes = file.write();
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
    let error = Container::read(&bytes, &SNAPSHOT).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StateFormat);
    assert_eq!(
        error.to_string(),
        "snapshot: section `customers` fails its checksum (file truncated or altered)"
    );
}

#[test]
fn only_new_and_fitting_names_are_written() {
    let mut file = Container::new(&BUNDLE);
    file.push("a", Vec::new()).unwrap();
    for name in ["a", "", "A", "a b", "a23456789012345678901234567890123"] {
        assert_eq!(file.push(name, Vec::new()).unwrap_err().code(), ErrorCode::Internal, "{name}");
    }
}

#[test]
fn a_section_of_something_else_is_refused() {
    let bytes = sample();
    let file = Container::read(&bytes, &BUNDLE).unwrap();
    let texts = [
        file.require_value::<Vec<u8>>("model").unwrap_err().to_string(),
        file.require_value::<Part>("playbook").unwrap_err().to_string(),
        file.require_value::<Part>("empty").unwrap_err().to_string(),
        file.require("models").unwrap_err().to_string(),
        file.require_text("model").unwrap_err().to_string(),
    ];
    let expected = [
        "bundle: section `model` cannot be read: bytes follow its value",
        "bundle: section `playbook` cannot be read: it ends too early",
        "bundle: section `empty` cannot be read: it ends too early",
        "bundle: section `models` is missing",
        "bundle: section `model` is not UTF-8 text",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn a_value_that_lies_is_refused() {
    let read = |bytes: &[u8]| from_postcard::<Part>(bytes).unwrap_err();
    let bytes = to_postcard(&part()).unwrap();
    assert_eq!(from_postcard::<Part>(&bytes).unwrap(), part());
    // A text and a list that claim 2^35 and 2^63 elements.
    assert_eq!(read(b"\x80\x80\x80\x80\x80\x01a"), "it ends too early");
    assert_eq!(read(b"\x01a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "it ends too early");
    // A length of more bits than there are, a text that is no UTF-8, and a boolean of 7.
    assert_eq!(read(&[0xff; 20]), "it holds something else");
    assert_eq!(read(b"\x01\xff\0\0"), "it holds something else");
    assert_eq!(read(b"\x01a\0\x01\x07"), "it holds something else");
    assert_eq!(read(&[&bytes, &[0][..]].concat()), "bytes follow its value");
}

proptest! {
    #[test]
    fn a_changed_byte_is_an_error(at in any::<prop::sample::Index>(), by in 1_u8..) {
        let mut bytes = sample();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert!(Container::read(&bytes, &BUNDLE).is_err());
    }

    #[test]
    fn a_cut_file_is_an_error(at in any::<prop::sample::Index>()) {
        let bytes = sample();
        prop_assert!(Container::read(&bytes[..at.index(bytes.len())], &BUNDLE).is_err());
    }

    #[test]
    fn random_bytes_are_an_error(tail in prop::collection::vec(any::<u8>(), 0..300), whole: bool) {
        let bytes = if whole { [BUNDLE.magic.as_slice(), &[1, 0], &tail].concat() } else { tail };
        prop_assert!(Container::read(&bytes, &BUNDLE).is_err());
    }

    #[test]
    fn a_forged_header_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let bytes = forged(|header| {
            let at = at.index(header.len());
            header[at] = to;
        });
        if let Ok(file) = Container::read(&bytes, &BUNDLE) {
            prop_assert_eq!(file.write(), bytes);
        }
    }

    #[test]
    fn random_values_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = from_postcard::<Part>(&bytes);
    }

    #[test]
    fn any_sections_come_back(contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..4)) {
        let mut file = Container::new(&SNAPSHOT);
        for (name, content) in ["a", "b_2", "c", "d"].into_iter().zip(&contents) {
            file.push(name, content.clone()).unwrap();
        }
        let bytes = file.write();
        let back = Container::read(&bytes, &SNAPSHOT).unwrap();
        for (name, content) in ["a", "b_2", "c", "d"].into_iter().zip(&contents) {
            prop_assert_eq!(back.get(name), Some(content.as_slice()));
        }
    }
}
