//! Reads an action's `template`: each value in it is an expression, found and checked here.
//!
//! Where the core is built without templates, the text is kept and nothing in it is checked.

use super::campaigns::TemplateValues;
use super::document::Node;
use crate::error::Result;
use crate::expr::Scope;

#[cfg(not(feature = "templates"))]
#[expect(clippy::unnecessary_wraps, reason = "with templates it may fail")]
pub(super) fn read(_: &Node, _: &str, _: &Scope<'_>) -> Result<TemplateValues> {
    Ok(TemplateValues::default())
}

/// The values that the template names.
#[cfg(feature = "templates")]
pub(super) fn read(node: &Node, channel: &str, scope: &Scope<'_>) -> Result<TemplateValues> {
    use crate::campaign::{TemplateValue, render, template_names};
    use crate::error::{Error, Position};
    use crate::expr::{Type, compile};

    let text = node.string()?;
    let names = template_names(text).map_err(|error| node.locate(error))?;
    let mut values = TemplateValues::default();
    let mut samples = Vec::new();
    for name in names {
        let program = compile(&name, scope).map_err(|error| {
            let at = text.find(&name).unwrap_or(0);
            let before = &text[..at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            let number = |number: usize| u32::try_from(number).unwrap_or(1);
            let place = Position { line: number(line), column: number(column) };
            node.locate(Error::new(error.code(), "template", error.message().to_owned()).at(place))
        })?;
        let sample = match program.kind() {
            Type::Number => TemplateValue::Number(1.5),
            Type::Bool => TemplateValue::Bool(true),
            _ => TemplateValue::Text("text".to_owned()),
        };
        samples.push((name.clone(), sample));
        values.names.push((name, program));
    }
    // A filter that there is not shows only when it is called.
    render(text, channel, samples.into_iter()).map_err(|error| node.locate(error))?;
    Ok(values)
}
