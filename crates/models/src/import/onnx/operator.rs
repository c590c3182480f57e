//! What the operators that are read make of what they read.

use std::rc::Rc;

use stayput_core::Result;

use super::column::{Column, Step};
use super::ensemble::{self, Ensembles};
use super::graph::{Body, Constant, Graph, Of, Score, Value, each};
use super::linear::Sum;
use super::node::Node;
use crate::onnx::{DOUBLE, FLOAT};

impl Graph<'_> {
    pub(super) fn apply(&mut self, node: Node<'_>, inputs: &[Value]) -> Result<Vec<Value>> {
        let unread = || node.unread("is not read");
        match (node.op(), inputs) {
            (
                "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "ZipMap" | "Dropout",
                [value, ..],
            ) => Ok(vec![value.clone()]),
            ("Constant", []) => node
                .tensor("value")?
                .map(|numbers| {
                    vec![Value::Constant(Rc::new(Constant { dims: Vec::new(), numbers }))]
                })
                .ok_or_else(unread),
            ("Cast", [value]) => cast(node, value).map(|value| vec![value]),
            ("Concat" | "FeatureVectorizer", values) => self.concat(node, values),
            ("Gather" | "ArrayFeatureExtractor", [value, Value::Constant(at)]) => {
                if node.op() == "Gather" && !matches!(node.int("axis"), Some(1 | -1)) {
                    return Err(unread());
                }
                let last = match value {
                    Value::Columns(columns) => columns.len(),
                    Value::Scores(scores) => scores.len(),
                    _ => return Err(unread()),
                };
                let places = at.numbers.iter().map(|&at| place(at, last));
                let places: Option<Vec<usize>> = places.collect();
                picked(value, &places.ok_or_else(|| node.wrong("it picks what is not there"))?)
                    .ok_or_else(unread)
            }
            ("Slice", [value, Value::Constant(from), Value::Constant(to), rest @ ..]) => {
                sliced(node, value, (from, to), rest)
            }
            ("Add" | "Sub" | "Mul" | "Div", [a, b]) => {
                arithmetic(node, a, b).map(|value| vec![value])
            }
            ("Scaler", [Value::Columns(columns)]) => scaler(node, columns).map(|value| vec![value]),
            ("Imputer", [Value::Columns(columns)]) => {
                imputer(node, columns).map(|value| vec![value])
            }
            ("OneHotEncoder", [Value::Columns(columns)]) => self.one_hot(node, columns),
            ("TreeEnsembleClassifier", [Value::Columns(columns)]) => classifier(node, columns),
            ("TreeEnsembleRegressor" | "TreeEnsemble", [Value::Columns(columns)]) => {
                regressor(node, columns)
            }
            ("LinearClassifier", [Value::Columns(columns)]) => linear_classifier(node, columns),
            ("LinearRegressor", [Value::Columns(columns)]) => linear_regressor(node, columns),
            ("MatMul", [Value::Columns(columns), Value::Constant(weights)]) => {
                product(node, columns, weights, None)
            }
            ("Gemm", [Value::Columns(columns), Value::Constant(weights), rest @ ..]) => {
                gemm(node, columns, weights, rest)
            }
            _ => behind(node, inputs),
        }
    }

    /// One column for each category of each feature.
    fn one_hot(&mut self, node: Node<'_>, columns: &[Column]) -> Result<Vec<Value>> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let mut names: Vec<String> = node.texts("cats_strings").iter().map(text).collect();
        names.extend(node.ints("cats_int64s").iter().map(ToString::to_string));
        self.hold(columns.len().saturating_mul(names.len()))?;
        let mut encoded = Vec::new();
        for column in columns {
            let own = self.dictionaries.entry(column.feature).or_insert_with(|| names.clone());
            if !column.steps.is_empty() || column.category.is_some() || *own != names {
                return Err(node.unread("encodes what was scaled or encoded before"));
            }
            let of = |category| Column { category: Some(category), ..column.clone() };
            encoded.extend((0..names.len()).map(of));
        }
        Ok(vec![Value::columns(encoded)])
    }

    /// Columns or scores side by side.
    fn concat(&mut self, node: Node<'_>, values: &[Value]) -> Result<Vec<Value>> {
        if node.op() == "Concat" && !matches!(node.int("axis"), Some(1 | -1)) {
            return Err(node.unread("puts rows together"));
        }
        let (mut columns, mut scores) = (Vec::new(), Vec::new());
        for value in values {
            match value {
                Value::Columns(more) => {
                    self.hold(more.len())?;
                    columns.extend(more.iter().cloned());
                }
                Value::Scores(more) => scores.extend(more.iter().cloned()),
                _ => return Err(node.unread("puts together what is no feature")),
            }
        }
        match (columns.is_empty(), scores.is_empty()) {
            (false, true) => Ok(vec![Value::columns(columns)]),
            (true, false) if scores.len() <= 2 => Ok(vec![Value::Scores(scores)]),
            _ => Err(node.unread("puts features and scores together")),
        }
    }
}

/// What is done to scores.
fn behind(node: Node<'_>, inputs: &[Value]) -> Result<Vec<Value>> {
    let unread = || node.unread("is not read");
    match (node.op(), inputs) {
        ("Sigmoid", [Value::Scores(scores)]) => {
            let of = |score: &Score| match score.of {
                Of::Margin { .. } => Some(Of::Logistic),
                Of::Negative => Some(Of::LogisticRest),
                _ => None,
            };
            mapped(scores, of).ok_or_else(unread)
        }
        ("Softmax", [Value::Scores(scores)]) => {
            softmax(scores).map(|value| vec![value]).ok_or_else(unread)
        }
        // Probabilities are not negative.
        ("Abs", [Value::Scores(scores)]) => {
            let sure = |score: &Score| matches!(score.of, Of::Logistic | Of::LogisticRest);
            scores.iter().all(sure).then(|| vec![inputs[0].clone()]).ok_or_else(unread)
        }
        ("ReduceSum", [Value::Scores(scores), ..]) => {
            add_up_to_one(scores).then(|| vec![Value::One]).ok_or_else(unread)
        }
        ("Greater", [Value::Scores(scores), Value::Constant(zero)])
            if zero.numbers.iter().all(|&x| x == 0.0) =>
        {
            Ok(vec![Value::Above(scores.clone())])
        }
        ("Where", [Value::Above(scores), Value::Constant(one), Value::Constant(zero)])
            if one.numbers == [1.0] && zero.numbers == [0.0] =>
        {
            let of = |score: &Score| match score.of {
                Of::Margin { .. } => Some(Of::Step),
                Of::Negative => Some(Of::Rest),
                _ => None,
            };
            mapped(scores, of).ok_or_else(unread)
        }
        _ => Err(unread()),
    }
}

fn sliced(
    node: Node<'_>,
    value: &Value,
    (from, to): (&Constant, &Constant),
    rest: &[Value],
) -> Result<Vec<Value>> {
    let unread = || node.unread("is not read");
    let axis = match rest {
        [] => return Err(unread()),
        [Value::Constant(axis), ..] => axis.numbers.first().copied(),
        _ => None,
    };
    let (from, to) = (from.numbers.first(), to.numbers.first());
    let (Some(&from), Some(&to), Some(1.0 | -1.0)) = (from, to, axis) else {
        return Err(unread());
    };
    let last = match value {
        Value::Columns(columns) => columns.len(),
        Value::Scores(scores) => scores.len(),
        _ => return Err(unread()),
    };
    let Some(from) = place(from, last) else { return Err(unread()) };
    let to = place(to, last).unwrap_or(last);
    picked(value, &(from..to).collect::<Vec<_>>()).ok_or_else(unread)
}

fn gemm(
    node: Node<'_>,
    columns: &[Column],
    weights: &Constant,
    rest: &[Value],
) -> Result<Vec<Value>> {
    let unread = || node.unread("is not read");
    let plain = [("alpha", 1.0), ("beta", 1.0)]
        .iter()
        .all(|(name, one)| node.float(name).is_none_or(|x| x == *one));
    if !plain || node.int("transA").is_some_and(|turned| turned != 0) {
        return Err(unread());
    }
    let intercepts = match rest {
        [] => None,
        [Value::Constant(intercepts)] => Some(intercepts.as_ref()),
        _ => return Err(unread()),
    };
    if node.int("transB") == Some(1) {
        let turned = transposed(node, weights)?;
        return product(node, columns, &turned, intercepts);
    }
    product(node, columns, weights, intercepts)
}

fn place(at: f64, count: usize) -> Option<usize> {
    #[expect(clippy::cast_precision_loss, reason = "no graph has 2^52 columns")]
    let at = if at < 0.0 { at + count as f64 } else { at };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked after")]
    let place = at as usize;
    (at >= 0.0 && place < count).then_some(place)
}

fn picked(value: &Value, places: &[usize]) -> Option<Vec<Value>> {
    match value {
        Value::Columns(columns) => {
            let picked = places.iter().map(|&at| columns[at].clone()).collect();
            Some(vec![Value::columns(picked)])
        }
        Value::Scores(scores) if places.len() <= scores.len() => {
            let picked = places.iter().map(|&at| scores[at].clone()).collect();
            Some(vec![Value::Scores(picked)])
        }
        _ => None,
    }
}

fn mapped(scores: &[Score], of: impl Fn(&Score) -> Option<Of>) -> Option<Vec<Value>> {
    let score = |score: &Score| Some(Score { of: of(score)?, body: Rc::clone(&score.body) });
    Some(vec![Value::Scores(scores.iter().map(score).collect::<Option<_>>()?)])
}

fn cast(node: Node<'_>, value: &Value) -> Result<Value> {
    let to = node.int("to").and_then(|to| i32::try_from(to).ok());
    Ok(match (value, to) {
        (Value::Columns(columns), Some(FLOAT | DOUBLE)) => {
            Value::columns(columns.iter().map(|column| column.cast(to == Some(FLOAT))).collect())
        }
        (Value::Scores(_), Some(FLOAT | DOUBLE)) | (Value::Constant(_), _) => value.clone(),
        _ => return Err(node.unread("turns features into another type here")),
    })
}

fn arithmetic(node: Node<'_>, a: &Value, b: &Value) -> Result<Value> {
    let unread = || node.unread("is not read here");
    let one = |constant: &Constant| constant.numbers == [1.0];
    match (node.op(), a, b) {
        ("Add", Value::Columns(columns), Value::Constant(by))
        | ("Add", Value::Constant(by), Value::Columns(columns)) => {
            each(node, columns, &by.numbers, Step::Add)
        }
        ("Sub", Value::Columns(columns), Value::Constant(by)) => {
            each(node, columns, &by.numbers, |x| Step::Add(-x))
        }
        ("Mul", Value::Columns(columns), Value::Constant(by))
        | ("Mul", Value::Constant(by), Value::Columns(columns)) => {
            each(node, columns, &by.numbers, Step::Multiply)
        }
        ("Div", Value::Columns(columns), Value::Constant(by)) => {
            each(node, columns, &by.numbers, Step::Divide)
        }
        ("Mul", Value::Scores(_), Value::Constant(by)) if one(by) => Ok(a.clone()),
        ("Div", Value::Scores(_), Value::One) => Ok(a.clone()),
        ("Div", Value::Scores(_), Value::Constant(by)) if one(by) => Ok(a.clone()),
        ("Add", Value::Scores(scores), Value::Constant(by)) => {
            let shifted = |(at, score): (usize, &Score)| {
                let by = *by.numbers.get(at).or(by.numbers.first())?;
                let (Body::Linear(sum), Of::Margin { .. }) = (score.body.as_ref(), score.of) else {
                    return None;
                };
                let sum = Sum { intercept: sum.intercept + by, ..sum.clone() };
                Some(margin(sum))
            };
            let fits = by.numbers.len() == scores.len();
            let shifted: Option<Vec<Score>> = scores.iter().enumerate().map(shifted).collect();
            Ok(Value::Scores(shifted.filter(|_| fits).ok_or_else(unread)?))
        }
        ("Sub", Value::Constant(from), Value::Scores(scores)) if one(from) => {
            let of = |score: &Score| match score.of {
                Of::Margin { probability: true } => Some(Of::Rest),
                Of::Rest => Some(Of::Margin { probability: true }),
                Of::Logistic => Some(Of::LogisticRest),
                Of::LogisticRest => Some(Of::Logistic),
                _ => None,
            };
            mapped(scores, of).and_then(|mut values| values.pop()).ok_or_else(unread)
        }
        _ => Err(unread()),
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| x.into()).collect()
}

fn scaler(node: Node<'_>, columns: &[Column]) -> Result<Value> {
    let (offset, factor) = (wide(node.floats("offset")), wide(node.floats("scale")));
    let fits = |list: &[f64]| list.len() == 1 || list.len() == columns.len();
    if !fits(&offset) || !fits(&factor) {
        return Err(node.wrong("`offset` and `scale` are not as many as its columns"));
    }
    let of = |list: &[f64], at: usize| if list.len() == 1 { list[0] } else { list[at] };
    let scaled = |(at, column): (usize, &Column)| {
        let step = Step::Scale { offset: of(&offset, at), factor: of(&factor, at) };
        // It gives single precision, whatever it reads.
        let next = column.then(step).map(|column| column.cast(true));
        next.ok_or_else(|| node.unread("stands behind a one-hot encoder"))
    };
    Ok(Value::columns(columns.iter().enumerate().map(scaled).collect::<Result<_>>()?))
}

fn imputer(node: Node<'_>, columns: &[Column]) -> Result<Value> {
    if node.float("replaced_value_float").is_none_or(|replaced| !replaced.is_nan()) {
        return Err(node.unread("replaces something else than missing values (NaN)"));
    }
    each(node, columns, &wide(node.floats("imputed_value_floats")), Step::Impute)
}

fn trees_of(
    node: Node<'_>,
    ensembles: &Ensembles,
    columns: &Rc<Vec<Column>>,
    (output, base): (usize, f64),
) -> Result<Rc<Body>> {
    let single = columns.iter().all(|column| column.single);
    if !single && columns.iter().any(|column| column.single) {
        return Err(node.wrong("its columns differ in their precision"));
    }
    let trees = ensembles.output(output, base);
    Ok(Rc::new(Body::Trees { trees, columns: Rc::clone(columns), single }))
}

fn classifier(node: Node<'_>, columns: &Rc<Vec<Column>>) -> Result<Vec<Value>> {
    if node.classes() > 2 {
        return Err(node.unread(&format!("has {} classes", node.classes())));
    }
    let ensembles = ensemble::named(node, "class")?;
    let post = node.text("post_transform").unwrap_or(b"NONE");
    let bases = &ensembles.bases;
    let based = bases.iter().any(|&base| base != 0.0);
    let body = match ensembles.outputs.as_slice() {
        [] | [0] if bases.len() <= 1 => {
            let base = bases.first().copied().unwrap_or(0.0);
            trees_of(node, &ensembles, columns, (0, base))?
        }
        // Where leaves speak of the second class, what the base is added to is not settled.
        [1] | [0, 1] if !based => trees_of(node, &ensembles, columns, (1, 0.0))?,
        _ => {
            return Err(
                node.unread("has `base_values` or `class_ids` that are not those of two classes")
            );
        }
    };
    let positive = ensembles.all_positive();
    let (rest, of) = match post {
        b"LOGISTIC" => (Of::LogisticRest, Of::Logistic),
        b"NONE" if positive => (Of::Rest, Of::Margin { probability: true }),
        b"NONE" => (Of::Negative, Of::Margin { probability: false }),
        other => {
            let other = String::from_utf8_lossy(other);
            return Err(node.unread(&format!("has the `post_transform` `{other}`")));
        }
    };
    let scores = [rest, of].map(|of| Score { body: Rc::clone(&body), of });
    Ok(vec![Value::Label, Value::Scores(scores.to_vec())])
}

fn regressor(node: Node<'_>, columns: &Rc<Vec<Column>>) -> Result<Vec<Value>> {
    let placed = node.op() == "TreeEnsemble";
    let mut ensembles =
        if placed { ensemble::placed(node)? } else { ensemble::named(node, "target")? };
    let post = if placed {
        // The numbers of the functions: `NONE`, `SOFTMAX`, `LOGISTIC`, …
        match node.int("post_transform").unwrap_or(0) {
            0 => b"NONE",
            2 => b"LOGISTIC".as_slice(),
            other => return Err(node.unread(&format!("has the `post_transform` {other}"))),
        }
    } else {
        node.text("post_transform").unwrap_or(b"NONE")
    };
    let average = match (node.text("aggregate_function"), node.int("aggregate_function")) {
        (Some(b"AVERAGE"), _) => true,
        (Some(b"SUM" | b"") | None, _) if !placed => false,
        (_, Some(0)) if placed => true,
        (_, None | Some(1)) if placed => false,
        _ => return Err(node.unread("takes the least or the greatest of its trees")),
    };
    if average {
        ensembles.average();
    }
    if !matches!(ensembles.outputs.as_slice(), [] | [0]) || ensembles.bases.len() > 1 {
        return Err(node.unread("has several targets"));
    }
    let base = ensembles.bases.first().copied().unwrap_or(0.0);
    let body = trees_of(node, &ensembles, columns, (0, base))?;
    let of = match post {
        b"NONE" => Of::Margin { probability: true },
        b"LOGISTIC" => Of::Logistic,
        other => {
            let other = String::from_utf8_lossy(other);
            return Err(node.unread(&format!("has the `post_transform` `{other}`")));
        }
    };
    Ok(vec![Value::Scores(vec![Score { body, of }])])
}

fn margin(sum: Sum) -> Score {
    Score { body: Rc::new(Body::Linear(sum)), of: Of::Margin { probability: false } }
}

/// The sums whose weights stand one after the other.
fn sums(
    node: Node<'_>,
    columns: &[Column],
    weights: &[f64],
    intercepts: &[f64],
) -> Result<Vec<Sum>> {
    let count = if columns.is_empty() { 0 } else { weights.len() / columns.len() };
    if count == 0 || count * columns.len() != weights.len() || count > 2 {
        let message =
            format!("{} weights for {} columns and two classes", weights.len(), columns.len());
        return Err(node.wrong(&message));
    }
    if !intercepts.is_empty() && intercepts.len() != count {
        return Err(node.wrong("its intercepts are not as many as its scores"));
    }
    let sum = |(at, weights): (usize, &[f64])| Sum {
        terms: columns.iter().cloned().zip(weights.iter().copied()).collect(),
        intercept: intercepts.get(at).copied().unwrap_or(0.0),
    };
    Ok(weights.chunks(columns.len()).enumerate().map(sum).collect())
}

fn linear_classifier(node: Node<'_>, columns: &[Column]) -> Result<Vec<Value>> {
    if node.classes() > 2 {
        return Err(node.unread(&format!("has {} classes", node.classes())));
    }
    let (weights, intercepts) =
        (wide(node.floats("coefficients")), wide(node.floats("intercepts")));
    let sums = sums(node, columns, &weights, &intercepts)?;
    let mut scores: Vec<Score> = sums.into_iter().map(margin).collect();
    if let [only] = scores.as_slice() {
        let rest = Score { of: Of::Negative, ..only.clone() };
        scores.insert(0, rest);
    }
    let scores = match node.text("post_transform").unwrap_or(b"NONE") {
        b"NONE" => Some(Value::Scores(scores)),
        b"LOGISTIC" => {
            let of = |score: &Score| match score.of {
                Of::Negative => Some(Of::LogisticRest),
                _ => Some(Of::Logistic),
            };
            mapped(&scores, of).and_then(|mut values| values.pop())
        }
        b"SOFTMAX" => softmax(&scores),
        _ => None,
    };
    let scores = scores.ok_or_else(|| node.unread("has a `post_transform` that is not read"))?;
    Ok(vec![Value::Label, scores])
}

fn linear_regressor(node: Node<'_>, columns: &[Column]) -> Result<Vec<Value>> {
    if node.text("post_transform").is_some_and(|post| post != b"NONE") {
        return Err(node.unread("has a `post_transform` that is not read"));
    }
    let (weights, intercepts) =
        (wide(node.floats("coefficients")), wide(node.floats("intercepts")));
    let sums = sums(node, columns, &weights, &intercepts)?;
    Ok(vec![Value::Scores(sums.into_iter().map(margin).collect())])
}

/// Weights by row as weights by column.
fn transposed(node: Node<'_>, of: &Constant) -> Result<Constant> {
    let [rows, columns] = of.dims[..] else { return Err(node.wrong("its weights are no matrix")) };
    let size = |dim: i64| usize::try_from(dim).unwrap_or(0);
    let (rows, columns) = (size(rows), size(columns));
    let at = |place: usize| of.numbers.get(place % rows.max(1) * columns + place / rows.max(1));
    let numbers = (0..of.numbers.len()).filter_map(at).copied().collect();
    Ok(Constant { numbers, dims: vec![of.dims[1], of.dims[0]] })
}

/// Columns times a matrix of one column of weights for each score.
fn product(
    node: Node<'_>,
    columns: &[Column],
    weights: &Constant,
    intercepts: Option<&Constant>,
) -> Result<Vec<Value>> {
    let by_score = transposed(node, weights)?;
    let intercepts = intercepts.map(|constant| constant.numbers.as_slice()).unwrap_or_default();
    let sums = sums(node, columns, &by_score.numbers, intercepts)?;
    Ok(vec![Value::Scores(sums.into_iter().map(margin).collect())])
}

/// Two probabilities of two margins: the logistic function of how far they are apart.
fn softmax(scores: &[Score]) -> Option<Value> {
    let [first, second] = scores else { return None };
    let sum = match (first.body.as_ref(), second.body.as_ref(), first.of, second.of) {
        (Body::Linear(first), Body::Linear(second), Of::Margin { .. }, Of::Margin { .. }) => {
            second.less(first)
        }
        (_, Body::Linear(sum), Of::Negative, Of::Margin { .. }) => Sum {
            terms: sum.terms.iter().map(|(column, w)| (column.clone(), 2.0 * w)).collect(),
            intercept: 2.0 * sum.intercept,
        },
        _ => return None,
    };
    let body = Rc::new(Body::Linear(sum));
    let score = |of| Score { body: Rc::clone(&body), of };
    Some(Value::Scores(vec![score(Of::LogisticRest), score(Of::Logistic)]))
}

fn add_up_to_one(scores: &[Score]) -> bool {
    let [first, second] = scores else { return false };
    match (first.body.as_ref(), second.body.as_ref(), first.of, second.of) {
        (Body::Linear(a), Body::Linear(b), Of::Logistic, Of::Logistic) => a.is_negative_of(b),
        (_, _, Of::LogisticRest, Of::Logistic) => Rc::ptr_eq(&first.body, &second.body),
        _ => false,
    }
}
