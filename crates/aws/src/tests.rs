//! The accounts against a scripted endpoint on the loopback interface: what is sent, and what is
//! made of the answers. Not for AWS's behaviour; that is for the emulator's tests.

use crate::account::{ForensicAccount, SourceAccount};
use crate::clients::Clients;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;

mod faults;
mod hidden;
mod login;
mod paging;
mod profiles;
mod rehearsal;
mod requests;
mod stub;
mod trail;

/// Settings with fake keys for an endpoint, read from nowhere.
fn config(endpoint: &str) -> SdkConfig {
    let keys = Credentials::new("AKIDFAKE", "fake-secret", None, None, "test");
    let builder = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).endpoint_url(endpoint);
    let builder = builder.region(Region::new("us-east-1")).retry_config(RetryConfig::disabled());
    let builder = builder.credentials_provider(SharedCredentialsProvider::new(keys));
    builder.http_client(crate::connect::http_client()).timeout_config(crate::connect::timeouts()).build()
}

fn clients(endpoint: &str) -> Clients {
    Clients::new(config(endpoint), &Region::new("us-east-1"))
}

fn source(endpoint: &str) -> SourceAccount {
    SourceAccount::over(clients(endpoint))
}

fn forensic(endpoint: &str) -> ForensicAccount {
    ForensicAccount::over(clients(endpoint))
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(work)
}

#[test]
fn the_work_of_an_account_can_move_between_threads() {
    fn moves<T: Send>(work: T) -> T {
        work
    }
    let (source, forensic) = (source("http://127.0.0.1:1"), forensic("http://127.0.0.1:1"));
    let query = casebook::query::SourceQuery::SerialConsole;
    let effect = casebook::effect::ForensicEffect::LockSnapshot { snapshot: "snap-1".into(), days: 1 };
    drop(moves(source.observe(&query)));
    drop(moves(forensic.perform(&effect)));
    drop(moves(forensic.rehearse(&effect)));
}
