//! An incident over the wire: a copy of the strict emulator with its world, a home directory of its
//! own, and the real program. What the program did is read from the emulator's call log, from the
//! world itself (a photograph), from the JSON document and from the ledger.

mod calls;
mod run;
mod server;
mod world;

pub use calls::{Call, Calls};
pub use run::{End, Home, Settings};
pub use server::Server;
pub use world::{Variant, World};

use serde_json::{Value, json};

/// One compromised instance, both accounts, and a responder's machine.
pub struct Incident {
    /// The emulator.
    pub server: Server,
    /// Both accounts as they were built.
    pub world: World,
    /// The responder's machine.
    pub home: Home,
}

impl Incident {
    /// The world of the web tier and a whole configuration.
    pub fn new() -> Self {
        Self::of(Variant::Web)
    }

    /// Another world, with a whole configuration for it.
    pub fn of(variant: Variant) -> Self {
        let (server, world) = Server::with_world(variant);
        let home = Home::new(&server, &world);
        Self { server, world, home }
    }

    /// Writes the configuration anew.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = Settings::of(&self.world);
        change(&mut settings);
        self.home.configure(&settings);
    }

    /// The instance.
    pub fn instance(&self) -> &str {
        self.world.text("/source/instance")
    }

    /// `impound respond INSTANCE OPTIONS…`, with JSON on stdout.
    pub fn respond(&self, options: &[&str]) -> End {
        self.home.run(&[&["respond", self.instance()], options].concat())
    }

    /// What the program asked of AWS so far.
    pub fn calls(&self) -> Calls {
        self.calls_since(0)
    }

    /// The same from an entry of the log on.
    pub fn calls_since(&self, first: usize) -> Calls {
        Calls::read(&self.server.control("calls", &json!({"since": first})))
    }

    /// How long the log is: the place to read on from.
    pub fn mark(&self) -> usize {
        self.server.control("calls", &json!({})).as_array().map_or(0, Vec::len)
    }

    /// What there is in both accounts now, asked with keys of its own.
    pub fn photo(&self) -> Value {
        self.server.photo(self.instance())
    }

    /// Another responder's machine, with the same keys and nothing kept.
    pub fn other_home(&self) -> Home {
        Home::new(&self.server, &self.world)
    }

    /// The case that a run opened.
    pub fn only_case(&self) -> String {
        let cases = ledger::Shelf::at(self.home.state()).cases().unwrap();
        assert_eq!(cases.len(), 1, "{cases:?}");
        cases[0].clone()
    }
}
