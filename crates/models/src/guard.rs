//! Panics as errors: whatever happens in a call, a host gets an answer and lives on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stayput_core::{Error, Result};

/// What `call` gives.
///
/// # Errors
/// Those of `call`, and [`stayput_core::ErrorCode::Internal`] where it panics: a defect of ours,
/// after which what `call` was changing is not to be relied on.
pub fn guard<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|cause| {
        let said = cause.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| cause.downcast_ref::<&str>().copied());
        Err(Error::internal(format!("a panic: {}", said.unwrap_or("no message"))))
    })
}

#[cfg(test)]
mod tests {
    use stayput_core::ErrorCode;

    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        assert_eq!(guard(|| Ok(3)).unwrap(), 3);
        let wrong = guard::<()>(|| Err(Error::argument("a", "b"))).unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::Argument);
        let at = 3;
        for (panics, said) in [
            (guard::<()>(|| panic!("row {at}")), "a panic: row 3"),
            (guard(|| panic!("text")), "a panic: text"),
            (guard(|| std::panic::panic_any(7)), "a panic: no message"),
        ] {
            let error = panics.unwrap_err();
            assert_eq!(error.code(), ErrorCode::Internal);
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
