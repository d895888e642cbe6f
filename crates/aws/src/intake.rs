//! Where news come from: a queue, and the objects in buckets that its messages name.

use crate::clients::Clients;
use crate::connect::{Access, ConnectError, connect};
use crate::depot::Stream;
use crate::fault::{fault, malformed};
use aws_sdk_s3::config::Region as S3Region;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use casebook::fault::Fault;
use std::time::Duration;

mod outlet;

/// A queue's account and region, and the buckets that can be read from there.
#[derive(Debug)]
pub struct Intake(Clients);

/// A message as it was received. It comes again unless it is deleted in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The queue's id of it.
    pub id: String,
    /// By which it is deleted.
    pub receipt: String,
    /// What it says.
    pub body: String,
    /// When it was sent, in milliseconds since 1970.
    pub sent_ms: Option<i64>,
    /// How often it was received, this time included.
    pub received: u32,
}

/// How much a queue still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages that were received and not deleted yet.
    pub in_flight: u64,
    /// Whether a message that is received too often goes to a dead-letter queue
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>).
    pub redrives: bool,
}

/// As many as one call gives
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>).
const AT_ONCE: i32 = 10;

impl Intake {
    /// Finds credentials and a region, and assumes the role if one is named. Nothing but
    /// AssumeRole goes over the network.
    ///
    /// # Errors
    /// Says which of them is missing or refused, why, and what to do.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        connect(access).await.map(Self)
    }

    /// Messages, up to ten; waits that long for the first one, at most 20 seconds.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn receive(&self, queue: &str, wait: Duration) -> Result<Vec<Message>, Fault> {
        let asked = self.0.sqs.receive_message().queue_url(queue).max_number_of_messages(AT_ONCE);
        let asked = asked.wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or(20).min(20));
        let asked = asked.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let asked = asked.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = asked.send().await.map_err(fault)?;
        answer.messages.unwrap_or_default().into_iter().map(message).collect()
    }

    /// Deletes a message: its effect is written.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn delete(&self, queue: &str, receipt: &str) -> Result<(), Fault> {
        self.0.sqs.delete_message().queue_url(queue).receipt_handle(receipt).send().await.map_err(fault)?;
        Ok(())
    }

    /// How much is left, about.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn backlog(&self, queue: &str) -> Result<Backlog, Fault> {
        use QueueAttributeName::{
            ApproximateNumberOfMessages as Waiting, ApproximateNumberOfMessagesNotVisible as Out, RedrivePolicy,
        };
        let names = Some(vec![Waiting, Out, RedrivePolicy]);
        let asked = self.0.sqs.get_queue_attributes().queue_url(queue).set_attribute_names(names);
        let answer = asked.send().await.map_err(fault)?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|text| text.parse().ok());
        let waiting = number(Waiting).ok_or_else(|| malformed("ApproximateNumberOfMessages"))?;
        let redrives = attributes.contains_key(&RedrivePolicy);
        Ok(Backlog { waiting, in_flight: number(Out).unwrap_or_default(), redrives })
    }

    /// Begins to read an object. Without a region it is asked for in the queue's.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn open(&self, region: &str, bucket: &str, key: &str) -> Result<Stream, Fault> {
        let asked = self.0.s3.get_object().bucket(bucket).key(key);
        let region = if region.is_empty() { self.0.region.as_str() } else { region };
        let there = aws_sdk_s3::config::Builder::new().region(S3Region::new(region.to_owned()));
        asked.customize().config_override(there).send().await.map(Stream::of).map_err(fault)
    }
}

fn message(message: aws_sdk_sqs::types::Message) -> Result<Message, Fault> {
    let attributes = message.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|text| text.parse::<i64>().ok());
    let received = number(MessageSystemAttributeName::ApproximateReceiveCount);
    Ok(Message {
        id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.ok_or_else(|| malformed("Message.ReceiptHandle"))?,
        body: message.body.unwrap_or_default(),
        sent_ms: number(MessageSystemAttributeName::SentTimestamp),
        received: received.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
    })
}
