//! What comes from the machine: the user's name and random bytes.

use crate::exit::Exit;
use crate::failure::Failure;

/// The system's user name, for the history; never a proof of who somebody is.
pub fn user() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|key| std::env::var(key).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Thirty-two random hexadecimal digits.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn nonce() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(Exit::Bug, format!("the operating system gives no random bytes: {error}")))?;
    Ok(hex::encode(bytes))
}
