//! And where they go on to: a topic, an event bus.

use super::Intake;
use crate::fault::fault;
use aws_types::region::Region as SdkRegion;
use casebook::fault::{Fault, FaultClass};

/// What events of ours say where they come from
/// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>).
const SOURCE: &str = "impound";

impl Intake {
    /// Publishes a text, with a subject for those who get it as e-mail, in the region of the topic's ARN.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn publish(&self, topic: &str, subject: &str, message: &str) -> Result<(), Fault> {
        let asked = self.0.sns.publish().topic_arn(topic).subject(subject).message(message);
        let there = aws_sdk_sns::config::Builder::new().region(self.region_of(topic));
        asked.customize().config_override(there).send().await.map_err(fault)?;
        Ok(())
    }

    /// Puts an event on a bus, in the region of the bus's ARN. AWS answers with success when it has refused
    /// the event
    /// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>): that is a fault here.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn put_event(&self, bus: &str, kind: &str, detail: &str) -> Result<(), Fault> {
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder();
        let entry = entry.source(SOURCE).detail_type(kind).detail(detail).event_bus_name(bus).build();
        let there = aws_sdk_eventbridge::config::Builder::new().region(self.region_of(bus));
        let asked = self.0.events.put_events().entries(entry).customize().config_override(there);
        let answer = asked.send().await.map_err(fault)?;
        let refused = answer.entries.unwrap_or_default().into_iter().find(|entry| entry.error_code.is_some());
        match refused {
            None => Ok(()),
            Some(entry) => Err(Fault::new(
                FaultClass::Invalid,
                &entry.error_code.unwrap_or_default(),
                entry.error_message.unwrap_or_default(),
            )),
        }
    }

    /// The region in an ARN, else our own.
    fn region_of(&self, arn: &str) -> SdkRegion {
        let named = arn.split(':').nth(3).filter(|region| !region.is_empty());
        SdkRegion::new(named.unwrap_or(self.0.region.as_str()).to_owned())
    }
}
