//! Customers for the fifty conditions: nine numbers and two texts each, drawn from one seed.

use cel::Context;
use stayput::columns::{ColumnData, Frame, TextColumn};

pub(crate) const NUMBERS: [(&str, f64, f64); 9] = [
    ("spend", 1000.0, 100.0),
    ("mrr", 500.0, 1.0),
    ("logins", 30.0, 1.0),
    ("pace", 2.0, 1000.0),
    ("quiet", 40.0, 10.0),
    ("tickets", 6.0, 1.0),
    ("failed", 3.0, 1.0),
    ("tenure", 720.0, 1.0),
    ("seats", 30.0, 1.0),
];
pub(crate) const TEXTS: [(&str, &[&str]); 2] = [
    ("plan", &["free", "pro", "enterprise"]),
    (
        "country",
        &["US", "DE", "FR", "GB", "JP", "BR", "ES", "IE", "AT", "CA", "CH", "MX", "IT", "KR", "AU"],
    ),
];

/// Customers by column.
pub(crate) struct People {
    pub(crate) numbers: Vec<Vec<f64>>,
    pub(crate) texts: Vec<Vec<u32>>,
}

impl People {
    pub(crate) fn new(count: usize) -> Self {
        let mut draw = draws();
        let mut people = Self { numbers: vec![Vec::new(); 9], texts: vec![Vec::new(); 2] };
        for _ in 0..count {
            for ((name, most, grain), column) in NUMBERS.iter().zip(&mut people.numbers) {
                // A seat at least, as something is divided by them.
                let least = f64::from(u8::from(*name == "seats"));
                column.push(least + (draw() * most * grain).floor() / grain);
            }
            for ((_, values), column) in TEXTS.iter().zip(&mut people.texts) {
                let at = values.iter().zip(1_u32..).map(|(_, at)| f64::from(at));
                let drawn = draw() * f64::from(u32::try_from(values.len()).unwrap());
                column.push(u32::try_from(at.filter(|at| *at <= drawn).count()).unwrap());
            }
        }
        people
    }

    pub(crate) fn len(&self) -> usize {
        self.texts[0].len()
    }

    /// The table of customers.
    pub(crate) fn frame(&self) -> Frame {
        let ids: Vec<String> = (0..self.len()).map(|at| format!("c{at:07}")).collect();
        let ids = TextColumn::from_texts(ids.iter().map(|id| Some(id.as_str())));
        let mut columns = vec![("customer_id".to_owned(), ColumnData::Text(ids))];
        for ((name, ..), rows) in NUMBERS.iter().zip(&self.numbers) {
            columns.push(((*name).to_owned(), ColumnData::Number(rows.clone().into())));
        }
        for ((name, values), codes) in TEXTS.iter().zip(&self.texts) {
            let column = TextColumn::new(codes.clone(), *values);
            columns.push(((*name).to_owned(), ColumnData::Text(column)));
        }
        Frame::new(columns).unwrap()
    }

    /// A customer as CEL reads one.
    pub(crate) fn fill(&self, at: usize, context: &mut Context<'_, '_>) {
        for ((name, ..), rows) in NUMBERS.iter().zip(&self.numbers) {
            context.add_variable_from_value(*name, rows[at]);
        }
        for ((name, values), codes) in TEXTS.iter().zip(&self.texts) {
            context.add_variable_from_value(*name, values[codes[at] as usize]);
        }
    }
}

/// Numbers in [0, 1), the same in every run (`splitmix64`).
pub(crate) fn draws() -> impl FnMut() -> f64 {
    let mut state = 7_u64;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[allow(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let number = ((mixed ^ (mixed >> 31)) >> 11) as f64;
        number / 9_007_199_254_740_992.0
    }
}
