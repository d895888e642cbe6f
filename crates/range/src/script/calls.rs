//! Which calls a script can name: those that some step makes.

use casebook::steps::REGISTRY;
use std::collections::BTreeSet;

/// Every `service:Action` of the steps.
fn all() -> BTreeSet<&'static str> {
    let cards = REGISTRY.iter().flat_map(|card| [card.source_actions, card.forensic_actions]);
    cards.flatten().copied().collect()
}

/// Whether some step makes the call; if not, what there is of the same service.
pub(super) fn known(action: &str) -> Result<(), String> {
    let all = all();
    if all.contains(action) {
        return Ok(());
    }
    let service = action.split(':').next().unwrap_or_default();
    let of_service = |name: &&&str| name.split(':').next() == Some(service);
    let near: Vec<&str> = all.iter().filter(of_service).copied().collect();
    let services: BTreeSet<&str> = all.iter().filter_map(|name| name.split(':').next()).collect();
    Err(match near.is_empty() {
        false => format!("no step makes the call `{action}`; of `{service}` there is: {}", near.join(", ")),
        true => format!(
            "no step makes the call `{action}`; a call is `service:Action`, of the services {}",
            Vec::from_iter(services).join(", ")
        ),
    })
}
