//! The logarithm in single precision, with the bits of the C library's.
//!
//! `XGBoost` takes the logarithm of its base score with `logf`, and a margin has its bits only if
//! that one does. It is the algorithm of Arm's Optimized Routines (Nagy 2017, MIT licence; in glibc,
//! musl and bionic): `x = 2^k · z`, with `z` near a `c` of a table, `r = z / c − 1`, and
//! `ln x = k · ln 2 + ln c + p(r)`, `p` a cubic, all in `f64`.

/// `1 / c` and `ln c` for the middle `c` of each sixteenth of `0.7 … 1.4`, near it.
const TABLE: [(u64, u64); 16] = [
    (0x3ff6_61ec_79f8_f3be, 0xbfd5_7bf7_808c_aade),
    (0x3ff5_71ed_4aaf_883d, 0xbfd2_bef0_a7c0_6ddb),
    (0x3ff4_9539_f0f0_10b0, 0xbfd0_1eae_7f51_3a67),
    (0x3ff3_c995_b0b8_0385, 0xbfcb_31d8_a682_24e9),
    (0x3ff3_0d19_0c88_64a5, 0xbfc6_574f_0ac0_7758),
    (0x3ff2_5e22_7b0b_8ea0, 0xbfc1_aa2b_c79c_8100),
    (0x3ff1_bb4a_4a1a_343f, 0xbfba_4e76_ce8c_0e5e),
    (0x3ff1_2358_f08a_e5ba, 0xbfb1_973c_5a61_1ccc),
    (0x3ff0_953f_4199_00a7, 0xbfa2_52f4_38e1_0c1e),
    (0x3ff0_0000_0000_0000, 0x0000_0000_0000_0000),
    (0x3fee_608c_fd9a_47ac, 0x3faa_a5aa_5df2_5984),
    (0x3fec_a4b3_1f02_6aa0, 0x3fbc_5e53_aa36_2eb4),
    (0x3feb_2036_576a_fce6, 0x3fc5_26e5_7720_db08),
    (0x3fe9_c2d1_63a1_aa2d, 0x3fcb_c286_0d22_4770),
    (0x3fe8_86e6_0378_41ed, 0x3fd1_058b_c8a0_7ee1),
    (0x3fe7_67dc_f553_4862, 0x3fd4_0430_57b6_ee09),
];

/// The natural logarithm, for any positive number that is not subnormal; for 0 −∞, and otherwise
/// what is no number.
#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the last step")]
pub(super) fn ln_f32(x: f32) -> f32 {
    const OFFSET: u32 = 0x3f33_0000;
    const LN2: f64 = std::f64::consts::LN_2;
    const A0: f64 = f64::from_bits(0xbfd0_0ea3_48b8_8334);
    const A1: f64 = f64::from_bits(0x3fd5_575b_0be0_0b6a);
    const A2: f64 = f64::from_bits(0xbfdf_fffe_f20a_4123);
    let bits = x.to_bits();
    if bits == 1.0_f32.to_bits() {
        return 0.0;
    }
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    if !x.is_normal() || x < 0.0 {
        return if x == f32::INFINITY { x } else { f32::NAN };
    }
    let shifted = bits.wrapping_sub(OFFSET);
    let (inverse, ln) = TABLE[(shifted >> 19) as usize % 16];
    let k = f64::from(shifted.cast_signed() >> 23);
    let z = f64::from(f32::from_bits(bits.wrapping_sub(shifted & 0xff80_0000)));
    let r = z * f64::from_bits(inverse) - 1.0;
    let start = f64::from_bits(ln) + k * LN2;
    let square = r * r;
    let cubic = A1 * r + A2;
    let cubic = A0 * square + cubic;
    (cubic * square + (start + r)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard library's `ln` is the C library's, which is glibc's here.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn it_rounds_as_the_c_library_does() {
        let mut bits = f32::MIN_POSITIVE.to_bits();
        while bits < f32::INFINITY.to_bits() {
            let x = f32::from_bits(bits);
            assert_eq!(ln_f32(x).to_bits(), x.ln().to_bits(), "ln {x}");
            bits += 499;
        }
    }

    #[test]
    fn what_has_no_logarithm_is_no_number() {
        assert_eq!(ln_f32(1.0), 0.0);
        assert_eq!(ln_f32(0.0), f32::NEG_INFINITY);
        assert_eq!(ln_f32(f32::INFINITY), f32::INFINITY);
        for x in [-1.0, f32::NAN, f32::NEG_INFINITY] {
            assert!(ln_f32(x).is_nan(), "{x}");
        }
    }
}
