//! Reading every page of an answer. A page may be empty and still not be the last, and a service
//! that repeats a token would lead in a circle
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>).

use casebook::fault::{Fault, FaultClass};
use std::collections::BTreeSet;

/// A walk through pages: the items so far, and the tokens seen.
pub(crate) struct Walk<T> {
    items: Vec<T>,
    token: Option<String>,
    seen: BTreeSet<String>,
}

impl<T> Walk<T> {
    /// Before the first page.
    pub(crate) fn new() -> Self {
        Self { items: Vec::new(), token: None, seen: BTreeSet::new() }
    }

    /// The token for the next request; `None` for the first.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Takes in a page. True when another one follows.
    ///
    /// # Errors
    /// When the token was given before.
    pub(crate) fn turn(&mut self, page: impl Into<Option<Vec<T>>>, next: Option<String>) -> Result<bool, Fault> {
        self.items.extend(page.into().unwrap_or_default());
        self.token = next.filter(|token| !token.is_empty());
        match &self.token {
            None => Ok(false),
            Some(token) if self.seen.insert(token.clone()) => Ok(true),
            Some(_) => Err(Fault::new(
                FaultClass::Unknown,
                "RepeatedToken",
                format!("the list does not end: a page after {} items repeats an earlier page token", self.items.len()),
            )),
        }
    }

    /// Everything read.
    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }

    /// What was read so far.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }
}

/// Sends a request for every page and gathers one field of the answers. The second form names
/// the request's setter and the answer's field of the page token, where they are not `next_token`.
macro_rules! every_page {
    ($request:expr, $field:ident) => {
        $crate::page::every_page!($request, $field, set_next_token, next_token)
    };
    ($request:expr, $field:ident, $set_token:ident, $token:ident) => {{
        let request = $request;
        let mut walk = $crate::page::Walk::new();
        loop {
            let page = request.clone().$set_token(walk.token()).send().await.map_err($crate::fault::fault)?;
            if !walk.turn(page.$field, page.$token)? {
                break walk.into_items();
            }
        }
    }};
}
pub(crate) use every_page;

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn an_empty_page_with_a_token_is_not_the_end() {
        let mut walk = Walk::new();
        assert_eq!(walk.turn(vec![1], token("a")), Ok(true));
        assert_eq!(walk.turn(None, token("b")), Ok(true));
        assert_eq!(walk.turn(vec![2], token("")), Ok(false));
        assert_eq!(walk.into_items(), [1, 2]);
    }

    #[test]
    fn a_circle_of_tokens_is_an_error() {
        let mut walk = Walk::new();
        for text in ["a", "b"] {
            assert_eq!(walk.turn(vec![0], token(text)), Ok(true));
        }
        assert_eq!(walk.turn(vec![0], token("a")).unwrap_err().code, "RepeatedToken");
    }
}
