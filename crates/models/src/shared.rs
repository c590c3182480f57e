//! An engine between threads.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use stayput_core::{Engine, Error, Result};

/// An engine that threads share: those that only read go side by side, and those that change its
/// state wait for each other.
#[derive(Clone)]
pub struct SharedEngine(Arc<RwLock<Engine>>);

impl From<Engine> for SharedEngine {
    fn from(engine: Engine) -> Self {
        Self(Arc::new(RwLock::new(engine)))
    }
}

impl SharedEngine {
    /// The engine, to be asked.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Internal`] after a panic half-way through a change: the state is
    /// then not to be relied on.
    pub fn read(&self) -> Result<RwLockReadGuard<'_, Engine>> {
        self.0.read().map_err(broken)
    }

    /// The engine, to be changed.
    ///
    /// # Errors
    /// As [`SharedEngine::read`].
    pub fn write(&self) -> Result<RwLockWriteGuard<'_, Engine>> {
        self.0.write().map_err(broken)
    }
}

fn broken<T>(_: PoisonError<T>) -> Error {
    Error::internal("an earlier call broke off half-way; restore the engine from a snapshot")
}

#[cfg(test)]
mod tests {
    use stayput_core::{Bundle, ErrorCode, Playbook};

    use super::*;
    use crate::guard;

    #[test]
    fn after_a_change_that_broke_off_nothing_is_believed() {
        let playbook = Playbook::parse("[playbook]\nname = \"a\"").unwrap();
        let engine = SharedEngine::from(Engine::new(Bundle::new(playbook, None).unwrap()));
        let asked = guard::<()>(|| {
            let _engine = engine.read()?;
            panic!("while it was asked")
        });
        assert_eq!(asked.unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(engine.write().unwrap().customers().count(), 0);
        let changed = guard::<()>(|| {
            let _engine = engine.write()?;
            panic!("while it was changed")
        });
        assert_eq!(changed.unwrap_err().code(), ErrorCode::Internal);
        let clone = engine.clone();
        let errors = [engine.read().err(), clone.read().err(), clone.write().err()];
        for error in errors {
            let error = error.unwrap();
            assert_eq!(error.code(), ErrorCode::Internal);
            assert!(error.to_string().contains("restore the engine from a snapshot"));
        }
    }
}
