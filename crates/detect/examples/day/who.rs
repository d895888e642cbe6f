//! Who calls.

use crate::made::ACCOUNT;
use serde_json::{Value, json};

/// A caller, as a record tells it.
#[derive(Clone)]
pub struct Who {
    pub identity: Value,
    pub address: String,
    pub agent: String,
    /// With credentials of the console.
    pub console: bool,
}

/// The company's own addresses, from where people work.
pub const OFFICE: &str = "203.0.113.10";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

impl Who {
    /// A session of a role.
    pub fn session(role: &str, session: &str, address: &str, agent: &str) -> Self {
        let id = format!("AROA{:0<17}", role.to_uppercase().replace(|c: char| !c.is_alphanumeric(), ""));
        let identity = json!({
            "type": "AssumedRole", "principalId": format!("{id}:{session}"),
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"), "accountId": ACCOUNT,
            "accessKeyId": format!("ASIA{:0<16}", session.to_uppercase().replace(|c: char| !c.is_alphanumeric(), "")),
            "sessionContext": {"sessionIssuer": {
                "type": "Role", "principalId": id, "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
                "accountId": ACCOUNT, "userName": role,
            }, "attributes": {"mfaAuthenticated": "false"}},
        });
        Self { identity, address: address.to_owned(), agent: agent.to_owned(), console: false }
    }

    /// Somebody signed in through single sign-on, at the console.
    pub fn at_console(set: &str, name: &str) -> Self {
        let mut who = Self::at_terminal(set, name);
        who.agent = BROWSER.to_owned();
        who.console = true;
        who
    }

    /// Somebody signed in through single sign-on, with the command line.
    pub fn at_terminal(set: &str, name: &str) -> Self {
        let role = format!("AWSReservedSSO_{set}_0123456789abcdef");
        Self::session(
            &role,
            &format!("{name}@example.com"),
            OFFICE,
            "aws-cli/2.31.0 md/awscrt#0.27 exec-env/none command/s3.ls",
        )
    }

    /// A service of AWS on its own.
    pub fn service(name: &str) -> Self {
        let name = format!("{name}.amazonaws.com");
        let identity = json!({"type": "AWSService", "invokedBy": name});
        Self { identity, address: name.clone(), agent: name, console: false }
    }

    /// A service of AWS with its own role.
    pub fn service_role(role: &str, service: &str) -> Self {
        let name = format!("{service}.amazonaws.com");
        let mut who = Self::session(role, role.trim_start_matches("AWSServiceRoleFor"), &name, &name);
        who.identity["invokedBy"] = json!(name);
        who
    }

    /// A service of AWS with this caller's permissions.
    pub fn through(&self, service: &str) -> Self {
        let name = format!("{service}.amazonaws.com");
        let mut who = self.clone();
        who.identity["invokedBy"] = json!(name);
        (who.address, who.agent) = (name.clone(), name);
        who
    }
}
