//! `CityHash64` 1.0 (Pike and Alakuijala 2011, MIT licence), by which `CatBoost` knows a category.
//!
//! Later versions of the hash give other numbers; `CatBoost` stays with the first and takes the
//! lower 32 bits as a signed number.

#![expect(clippy::many_single_char_names, reason = "state without a meaning of its own")]

use std::mem;

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
const K3: u64 = 0xc949_d7c7_509e_6557;
const MURMUR: u64 = 0x9ddf_ea08_eb38_2d69;

/// The number that stands for a category of this name.
pub(super) fn category(name: &str) -> i64 {
    let [a, b, c, d, ..] = hash(name.as_bytes()).to_le_bytes();
    i32::from_le_bytes([a, b, c, d]).into()
}

/// The eight bytes from `at`, which the callers know to be there.
fn eight(text: &[u8], at: usize) -> u64 {
    let bytes = text.get(at..).and_then(|rest| rest.first_chunk());
    bytes.copied().map_or(0, u64::from_le_bytes)
}

fn four(text: &[u8], at: usize) -> u64 {
    let bytes = text.get(at..).and_then(|rest| rest.first_chunk());
    bytes.copied().map_or(0, u32::from_le_bytes).into()
}

fn mix(x: u64) -> u64 {
    x ^ (x >> 47)
}

fn join(u: u64, v: u64) -> u64 {
    let a = mix((u ^ v).wrapping_mul(MURMUR));
    mix((v ^ a).wrapping_mul(MURMUR)).wrapping_mul(MURMUR)
}

fn hash(text: &[u8]) -> u64 {
    match text.len() {
        0 => K2,
        1..4 => {
            let [first, middle, last] =
                [0, text.len() / 2, text.len() - 1].map(|at| u64::from(text[at]));
            let (y, z) = (first + (middle << 8), text.len() as u64 + (last << 2));
            mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K3)).wrapping_mul(K2)
        }
        len @ 4..=8 => join(len as u64 + (four(text, 0) << 3), four(text, len - 4)),
        len @ 9..=16 => {
            let (a, b) = (eight(text, 0), eight(text, len - 8));
            let by = u32::try_from(len).unwrap_or_default();
            join(a, b.wrapping_add(len as u64).rotate_right(by)) ^ b
        }
        len @ 17..=32 => {
            let a = eight(text, 0).wrapping_mul(K1);
            let b = eight(text, 8);
            let c = eight(text, len - 8).wrapping_mul(K2);
            let d = eight(text, len - 16).wrapping_mul(K0);
            let u = a.wrapping_sub(b).rotate_right(43).wrapping_add(c.rotate_right(30));
            let v = a.wrapping_add((b ^ K3).rotate_right(20)).wrapping_sub(c);
            join(u.wrapping_add(d), v.wrapping_add(len as u64))
        }
        33..=64 => up_to_64(text),
        _ => long(text),
    }
}

/// Two numbers of 32 bytes: the four words, the second of them first, and where they start.
fn halves(first: u64, [p, q]: [u64; 2], last: u64) -> (u64, u64) {
    let (a, b) = (first, last);
    let spread = a.wrapping_add(b).rotate_right(52);
    let mut low = a.rotate_right(37);
    let a = a.wrapping_add(p);
    low = low.wrapping_add(a.rotate_right(7));
    let a = a.wrapping_add(q);
    (a.wrapping_add(b), spread.wrapping_add(a.rotate_right(31)).wrapping_add(low))
}

fn up_to_64(text: &[u8]) -> u64 {
    let len = text.len();
    let start = (len as u64).wrapping_add(eight(text, len - 16)).wrapping_mul(K0);
    let start = eight(text, 0).wrapping_add(start);
    let v = halves(start, [eight(text, 8), eight(text, 16)], eight(text, 24));
    let start = eight(text, 16).wrapping_add(eight(text, len - 32));
    let rest = [eight(text, len - 24), eight(text, len - 16)];
    let w = halves(start, rest, eight(text, len - 8));
    let (p, q) = (v.0.wrapping_add(w.1), w.0.wrapping_add(v.1));
    let r = mix(p.wrapping_mul(K2).wrapping_add(q.wrapping_mul(K0)));
    mix(r.wrapping_mul(K0).wrapping_add(v.1)).wrapping_mul(K2)
}

/// Two numbers of the 32 bytes from `at`, and of two seeds.
fn weak(text: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let [w, x, y, z] = [0, 8, 16, 24].map(|step| eight(text, at + step));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a.wrapping_add(x).wrapping_add(y);
    (c.wrapping_add(z), b.wrapping_add(c.rotate_right(44)).wrapping_add(a))
}

fn long(text: &[u8]) -> u64 {
    let len = text.len();
    let mut x = eight(text, 0);
    let mut y = eight(text, len - 16) ^ K1;
    let mut z = eight(text, len - 56) ^ K0;
    let mut v = weak(text, len - 64, len as u64, y);
    let mut w = weak(text, len - 32, (len as u64).wrapping_mul(K1), K0);
    z = z.wrapping_add(mix(v.1).wrapping_mul(K1));
    x = z.wrapping_add(x).rotate_right(39).wrapping_mul(K1);
    y = y.rotate_right(33).wrapping_mul(K1);
    // Whole blocks of 64 bytes; the last stretch, whole or not, was taken in above.
    for at in (0..(len - 1) / 64).map(|block| 64 * block) {
        let sum = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(eight(text, at + 16));
        x = sum.rotate_right(37).wrapping_mul(K1) ^ w.1;
        let sum = y.wrapping_add(v.1).wrapping_add(eight(text, at + 48));
        y = sum.rotate_right(42).wrapping_mul(K1) ^ v.0;
        z = (z ^ w.0).rotate_right(33);
        v = weak(text, at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak(text, at + 32, z.wrapping_add(w.1), y);
        mem::swap(&mut z, &mut x);
    }
    let u = join(v.0, w.0).wrapping_add(mix(y).wrapping_mul(K1)).wrapping_add(z);
    join(u, join(v.1, w.1).wrapping_add(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_hashes_that_the_library_writes() {
        // From the JSON of models that CatBoost 1.2.10 trained on these names.
        for (name, hash) in [
            ("a", -805_065_478),
            ("yy", -1_440_182_944),
            ("zzz", 577_317_837),
            ("plan", -711_333_113),
            ("enterprise", 1_461_950_725),
            ("month-to-month", 964_625_123),
            ("credit card (automatic)", 1_488_386_718),
            (&"ä".repeat(20), -2_021_055_268),
            (&"x".repeat(64), 648_792_787),
            (&"y".repeat(65), -1_180_463_569),
            (&"stayput ".repeat(17), 1_973_332_808),
        ] {
            assert_eq!(category(name), hash, "{name}");
        }
    }
}
