//! What to do about a finding. A pure function of what was read: it looks at no account and knows
//! no configuration.

use super::class::Class;
use super::sighting::Workload;
use super::{Finding, ResourceRole};
use serde::Serialize;

/// What a response to a finding should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Advice {
    /// Open a case for each instance and drive it.
    #[serde(rename_all = "kebab-case")]
    Respond {
        /// The instances, in the finding's order.
        instances: Vec<String>,
        /// Sessions first, network second: the credentials are in use elsewhere.
        revoke_first: bool,
        /// One sentence for the case's history.
        why: String,
    },
    /// Do nothing (exit code 5); the sentence says what to do instead.
    Refuse {
        /// One line for the person at the keyboard.
        why: String,
    },
    /// Open a case for each instance and stop after the capture, unless the person who started the
    /// response said how far to go (`--through`).
    AskAPerson {
        /// The instances, in the finding's order.
        instances: Vec<String>,
        /// One line for the person at the keyboard.
        why: String,
    },
}

impl Finding {
    /// What to do about this finding.
    pub fn advice(&self) -> Advice {
        if let Some(mark) = &self.sample {
            return self.refuse(&format!("a sample ({mark}): nothing happened; `impound drill` rehearses a response"));
        }
        match self.class {
            Class::Compromised => self.on_compromise(),
            Class::Credentials => self.on_credentials(),
            Class::ByRole => self.on_brute_force(),
            Class::ExposureOnly => self.refuse(
                "somebody probes an open port, nothing came through it: close the port in the security group instead",
            ),
            Class::AskAPerson => self.ask("unusual, but no proof of compromise"),
            Class::NotAnInstance => self.on_other_resource(),
            Class::UnknownType => self.ask("a finding type this version does not know"),
        }
    }

    fn on_compromise(&self) -> Advice {
        match &self.workload {
            Some(workload @ (Workload::Eks(_) | Workload::Ecs(_))) => self.on_cluster(workload),
            Some(container) => self.respond(&format!("the instance acts, through {container}")),
            None => self.respond("the instance itself acts"),
        }
    }

    fn on_cluster(&self, workload: &Workload) -> Advice {
        if self.accused.is_empty() {
            return self.refuse(&format!(
                "it runs in {workload} on no instance of yours: pods, tasks and Fargate are not supported, contain them there"
            ));
        }
        self.ask(&format!(
            "it runs in {workload}: pods and tasks are not supported, and isolating the node cuts off all that run on it"
        ))
    }

    fn on_credentials(&self) -> Advice {
        if self.accused.is_empty() {
            return self
                .refuse("its principal names no instance: find the role it was issued to and revoke its sessions");
        }
        if let [first, second, ..] = self.accused.as_slice() {
            return self.ask(&format!(
                "the stolen session belongs to {} but the instance details name {}",
                first.instance, second.instance
            ));
        }
        let elsewhere = match &self.sightings.remote_account {
            Some(remote) => format!("in account {}", remote.account),
            None => "elsewhere".to_owned(),
        };
        self.respond(&format!(
            "the credentials of the instance's role are used {elsewhere}: sessions first, network second"
        ))
    }

    fn on_brute_force(&self) -> Advice {
        match self.role {
            Some(ResourceRole::Actor) => self.respond("the instance itself attacks others"),
            Some(ResourceRole::Target) => self.refuse(
                "the instance is the target, not the attacker: close the port to the attacker's address, and look for a login that succeeded",
            ),
            None => self.ask("it does not say whether the instance attacks or is attacked"),
        }
    }

    /// Types about users, buckets and clusters, whose session may still be an instance's.
    fn on_other_resource(&self) -> Advice {
        if self.accused.is_empty() {
            return self.refuse("it is about no EC2 instance: nothing here to contain");
        }
        self.ask("not about an instance, though it names one")
    }

    fn respond(&self, reason: &str) -> Advice {
        if self.accused.is_empty() {
            return self.refuse(NO_INSTANCE);
        }
        let revoke_first = self.class == Class::Credentials;
        Advice::Respond { instances: self.instances(), revoke_first, why: self.sentence(reason) }
    }

    fn ask(&self, reason: &str) -> Advice {
        if self.accused.is_empty() {
            return self.refuse(&format!("{reason}, and {NO_INSTANCE}"));
        }
        let advised = format!("{reason}: captured only, a person decides; `--through custody` goes on");
        Advice::AskAPerson { instances: self.instances(), why: self.sentence(&advised) }
    }

    fn refuse(&self, reason: &str) -> Advice {
        Advice::Refuse { why: self.sentence(reason) }
    }

    fn instances(&self) -> Vec<String> {
        self.accused.iter().map(|accused| accused.instance.clone()).collect()
    }

    fn sentence(&self, reason: &str) -> String {
        let archived = if self.archived { " (archived)" } else { "" };
        format!("{} {}{archived}: {reason}", self.kind, self.id)
    }
}

/// GuardDuty leaves the instance out when it was gone or the call came from another region.
const NO_INSTANCE: &str =
    "it names no instance (terminated, or in another region?): name it yourself, `impound respond INSTANCE_ID`";
