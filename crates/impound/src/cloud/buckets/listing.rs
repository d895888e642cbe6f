//! The keys of a place in their order, a few lists ahead.

use super::patiently;
use aws::{Ask, Depot, Page};
use casebook::fault::Fault;
use detect::source::bucket::{Place, Reach};
use detect::source::key::Period;
use detect::source::message::decoded;
use futures_util::future::join_all;
use std::collections::VecDeque;

/// How many lists are asked for at once.
const LISTS: usize = 8;
/// What ends a folder.
const DELIMITER: &str = "/";

/// What comes next.
#[derive(Debug)]
pub(super) enum Item {
    /// An object to read.
    Key(String),
    /// Keys that begin so could not be listed.
    Lost(String, Fault),
}

/// Goes through a place as through folders: what a list shows is done with before the next one's turn. So
/// memory is bounded by a few pages for each level.
pub(super) struct Listing<'a> {
    depot: &'a Depot,
    place: &'a Place,
    period: Period,
    /// Last first.
    waiting: Vec<Step>,
    ready: VecDeque<Item>,
    passed_over: u64,
}

/// A list, and its page once it is there.
struct Step {
    prefix: String,
    reach: Reach,
    token: Option<String>,
    page: Option<Result<Page, Fault>>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(depot: &'a Depot, place: &'a Place, period: Period) -> Self {
        let first = Step::new(place.prefix.clone(), place.reach(&place.prefix));
        Self { depot, place, period, waiting: vec![first], ready: VecDeque::new(), passed_over: 0 }
    }

    /// How many folders and objects were passed over because of their date.
    pub(super) fn passed_over(&self) -> u64 {
        self.passed_over
    }

    pub(super) async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            let step = self.waiting.pop()?;
            match step.page {
                None => {
                    self.waiting.push(step);
                    self.ask_ahead().await;
                }
                Some(Err(fault)) => return Some(Item::Lost(step.prefix, fault)),
                Some(Ok(ref page)) => self.go_through(&step, page),
            }
        }
    }

    /// Asks for the next pages, side by side, up to a step that has its page already.
    async fn ask_ahead(&mut self) {
        let (depot, bucket) = (self.depot, self.place.bucket.as_str());
        let ahead = self.waiting.iter_mut().rev().take_while(|step| step.page.is_none()).take(LISTS);
        join_all(ahead.map(async |step| {
            let delimiter = (step.reach == Reach::Level).then_some(DELIMITER);
            let ask = Ask { bucket, prefix: &step.prefix, delimiter, page: step.token.as_deref() };
            step.page = Some(patiently(|| depot.list(ask)).await);
        }))
        .await;
    }

    fn go_through(&mut self, step: &Step, page: &Page) {
        let folders: Vec<String> = page.folders.iter().map(|folder| decoded(folder)).collect();
        let first = step.prefix == self.place.prefix && step.token.is_none() && step.reach == Reach::Level;
        if first && !self.place.has_layout(folders.iter().map(String::as_str).chain([step.prefix.as_str()])) {
            // Not AWS's layout, or none that begins here: as it is, in one list.
            self.waiting.push(Step::new(step.prefix.clone(), Reach::Whole));
            return;
        }
        if let Some(token) = &page.next {
            self.waiting.push(Step { token: Some(token.clone()), ..Step::new(step.prefix.clone(), step.reach) });
        }
        let inside = |name: &String| self.place.may_have(&self.period, name);
        let (inner, outer): (Vec<String>, Vec<String>) = folders.into_iter().partition(inside);
        // A key that ends like a folder stands for one and holds nothing.
        let keys = page.keys.iter().map(|key| decoded(key)).filter(|key| !key.ends_with(DELIMITER));
        let (read, passed): (Vec<String>, Vec<String>) = keys.partition(inside);
        self.passed_over += (outer.len() + passed.len()) as u64;
        self.ready.extend(read.into_iter().map(Item::Key));
        let steps = inner.into_iter().rev().map(|folder| {
            let reach = self.place.reach(&folder);
            Step::new(folder, reach)
        });
        self.waiting.extend(steps);
    }
}

impl Step {
    fn new(prefix: String, reach: Reach) -> Self {
        Self { prefix, reach, token: None, page: None }
    }
}
