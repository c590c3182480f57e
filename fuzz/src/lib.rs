//! What the fuzz targets share: containers without their checksums, and what a model that was read
//! must hold to.
//!
//! A container's checksums would refuse nearly every altered file at the door. So the inputs of
//! those targets are the sections alone: for each the length of its name, the name, four bytes of
//! its length and its content; [`seal`] makes a file with the right checksums of them.

use stayput_core::churn::Model;

/// Magic, version, number of sections and length of the table.
const PREFIX: usize = 16;
const CHECKSUM: usize = 32;

/// The file of these sections. What is too long is cut off, so that any bytes make one.
pub fn seal(magic: &[u8; 8], mut sections: &[u8]) -> Vec<u8> {
    let (mut count, mut table, mut contents) = (0_u16, Vec::new(), Vec::<u8>::new());
    while let [name_length, rest @ ..] = sections {
        let (name, rest) = rest.split_at(rest.len().min(usize::from(*name_length)));
        let (length, rest) = rest.split_at(rest.len().min(4));
        let mut bytes = [0; 4];
        bytes[..length.len()].copy_from_slice(length);
        let length = usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX);
        let (content, rest) = rest.split_at(rest.len().min(length));
        table.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        table.extend(name);
        table.extend((content.len() as u64).to_le_bytes());
        table.extend(blake3::hash(content).as_bytes());
        contents.extend(content);
        count = count.saturating_add(1);
        sections = rest;
    }
    let mut file = magic.to_vec();
    file.extend(1_u16.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(&table.len().to_le_bytes()[..4]);
    file.extend(table);
    let checksum = blake3::hash(&file);
    file.extend(checksum.as_bytes());
    file.extend(contents);
    file
}

/// The sections of a sound file, such as [`seal`] takes.
pub fn unseal(file: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, &b| sum << 8 | usize::from(b));
    let end = PREFIX + number(&file[12..PREFIX]);
    let (mut table, mut contents) = (&file[PREFIX..end], &file[end + CHECKSUM..]);
    let mut sections = Vec::new();
    while let [name_length, rest @ ..] = table {
        let (name, rest) = rest.split_at(usize::from(*name_length));
        let (length, rest) = rest.split_at(8);
        let (content, behind) = contents.split_at(number(length));
        sections.push(*name_length);
        sections.extend(name);
        sections.extend(&length[..4]);
        sections.extend(content);
        (table, contents) = (&rest[CHECKSUM..], behind);
    }
    sections
}

/// Holds a model that was read to what every model promises: a row of anything has a probability,
/// a batch gives the bits of its rows, and what is written reads as the same model.
pub fn check_model(model: &Model) {
    let width = model.inputs().len();
    // A hostile file may name a million features; rows of them are slow and show no more.
    if width > 10_000 {
        return;
    }
    let values = [
        0.0,
        1.0,
        -1.0,
        2.5,
        f64::NAN,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e-40,
    ];
    let mut rows = Vec::new();
    for shift in 0..values.len() {
        rows.extend((0..width).map(|at| values[(at * 3 + shift) % values.len()]));
    }
    let rows = ndarray::Array2::from_shape_vec((values.len(), width), rows).expect("as wide");
    let batch = model.predict(rows.view()).expect("the rows are as wide as the model");
    for (row, found) in rows.rows().into_iter().zip(batch) {
        let alone = model.predict_row(row.to_slice().expect("in one piece")).expect("as wide");
        assert!((0.0..=1.0).contains(&alone), "a probability of {alone}");
        assert_eq!(alone.to_bits(), found.to_bits());
    }
    let bytes = model.to_bytes().expect("a model can be written");
    let back = Model::from_bytes(&bytes).expect("what was written can be read");
    assert_eq!(bytes, back.to_bytes().expect("a model can be written"));
}
