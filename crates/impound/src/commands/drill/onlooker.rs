//! Looks at the simulated world behind the response's back: what others do there, and what becomes of
//! the instance. No response sees this at once; the story tells it all the same.

use casebook::scene::instance::InstanceState;
use jiff::Timestamp;
use range::Range;
use range::script::leaks::Leaks;
use range::world::documents::TrailEvent;

/// Looks on.
#[derive(Debug)]
pub(super) struct Onlooker {
    range: Range,
    leaks: Leaks,
    looked: Timestamp,
    /// How many events of CloudTrail were seen.
    trail: usize,
    /// The instance's state at the last look.
    state: Option<InstanceState>,
}

/// What is new since the last look.
#[derive(Debug)]
pub(super) struct News {
    /// What others did.
    pub(super) acts: Vec<TrailEvent>,
    /// What has become of the instance, when it is not as it was.
    pub(super) turned: Option<InstanceState>,
}

impl Onlooker {
    pub(super) fn of(range: &Range) -> Self {
        let target = &range.briefing().target.instance;
        let (leaks, trail) = range.with_world(|world| (Leaks::of(world, target), world.records.trail.len()));
        Self { range: range.clone(), leaks, looked: range.clock().now(), trail, state: None }
    }

    /// Looks, once at each moment.
    pub(super) fn look(&mut self) -> Option<News> {
        let now = self.range.clock().now();
        if now <= self.looked {
            return None;
        }
        self.looked = now;
        let (leaks, seen) = (&mut self.leaks, self.trail);
        let target = &self.range.briefing().target.instance;
        let (acts, state) = self.range.with_world(|world| {
            leaks.look(world);
            let state = world.compute.instances.get(target).map(|machine| machine.shown.state);
            (world.records.trail[seen..].to_vec(), state)
        });
        self.trail += acts.len();
        let before = std::mem::replace(&mut self.state, state);
        let turned = state.filter(|_| before.is_some() && before != state);
        Some(News { acts, turned })
    }

    /// What went on meanwhile.
    pub(super) fn leaks(&self) -> &Leaks {
        &self.leaks
    }
}
