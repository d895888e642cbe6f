use crate::stage::Stage;
use crate::store::Failure;
use casebook::step::Phase;

struct Show(range::VirtualClock, jiff::Timestamp);
impl engine::Watcher for Show {
    fn saw(&mut self, event: &engine::Event<'_>) {
        let t = (self.0.now() - self.1).total(jiff::Unit::Second).expect("s");
        match event {
            engine::Event::Asking { query } => println!("{t:.3} ask {}", query.title()),
            engine::Event::Answered { query, fault, .. } => println!("{t:.3} got {} {fault:?}", query.title()),
            engine::Event::Changing { effect, .. } => println!("{t:.3} do {}", effect.title()),
            engine::Event::Changed { effect, fault, .. } => println!("{t:.3} did {} {fault:?}", effect.title()),
            engine::Event::Waiting { until, why } => println!("{t:.3} wait {until} {why}"),
            engine::Event::Wrote { entry, seq, .. } => println!("{t:.3} wrote {seq} {}", format!("{entry:?}").chars().take(200).collect::<String>()),
            engine::Event::Planned { next } => println!("{t:.3} plan {:?}", next.steps.iter().map(|r| format!("{} {:?} m{} p{} {}", r.step, r.status, r.moving, r.passable, r.reason)).collect::<Vec<_>>()),
        }
    }
}

#[test]
fn debug_trace() {
    let stage = Stage::new("web-tier", Phase::Custody);
    let mut show = Show(stage.range.clock(), stage.now());
    let started = std::time::Instant::now();
    let end = stage.attempt(Failure::Never, &mut show).expect("drives");
    println!("END {:?} {end:#?}", started.elapsed());
}
