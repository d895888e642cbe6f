//! The queue: its region, and how it stands.

use crate::cloud::entry::Door;
use crate::context::Context;
use crate::doctor::{Finding, Health};
use casebook::id::Region;
use casebook::permissions::QUEUE;
use casebook::settings::Config;

/// How the queue stands from which a watch would receive; nothing where none is configured.
pub(in crate::cloud) async fn queue(context: &Context, config: &Config, queue: &str) -> Option<Finding> {
    if queue.is_empty() {
        return None;
    }
    let finding = |health, detail: String| Some(Finding::new("queue of the watch", health, detail));
    let region = region(queue);
    let intake = match (Door { context, config, account: None, region: region.as_ref() }).intake().await {
        Ok(intake) => intake,
        Err(failure) => return finding(Health::Fail, failure.what),
    };
    let left = match intake.backlog(queue).await {
        Ok(left) => left,
        Err(fault) => return finding(Health::Fail, format!("{queue}: {fault}; allow {}", QUEUE.join(", "))),
    };
    let said = format!("{} messages wait, {} are being looked at", left.waiting, left.in_flight);
    if left.redrives {
        return finding(Health::Ok, format!("{said}; what is received too often goes to its dead-letter queue"));
    }
    let why = "it has no dead-letter queue: a message whose object may not be read comes again until it expires";
    finding(Health::Warn, format!("{said}; {why}; set a redrive policy"))
}

/// The region that stands in a queue's address: `https://sqs.REGION.amazonaws.com/…`
/// (<https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>).
pub(super) fn region(queue: &str) -> Option<Region> {
    let host = queue.split_once("://")?.1.split('/').next()?;
    let name = host.strip_prefix("sqs.")?.split_once(".amazonaws.")?.0;
    Some(Region::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queues_address_tells_its_region() {
        let of = |queue| region(queue).map(|region| region.to_string());
        assert_eq!(of("https://sqs.eu-west-1.amazonaws.com/111111111111/q").as_deref(), Some("eu-west-1"));
        assert_eq!(of("https://sqs.cn-north-1.amazonaws.com.cn/111111111111/q").as_deref(), Some("cn-north-1"));
        assert_eq!(of("http://127.0.0.1:5000/111111111111/q"), None);
        assert_eq!(of("findings"), None);
    }
}
