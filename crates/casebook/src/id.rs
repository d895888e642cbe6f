//! Identifiers as types, so that a volume is never passed where a snapshot is meant. They are copied all the
//! time and never altered, so copies share their text.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
        #[schemars(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps text that a caller has checked or that AWS has given.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Arc::from(text.into()))
            }

            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Arc::from(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }
    )+};
}

identifiers! {
    /// A case: letters, digits, `.`, `_` and `-`, at most 64 of them.
    CaseId
    /// Twelve digits.
    AccountId
    /// A region's code name, such as `eu-west-1`.
    Region
    /// An EC2 instance, `i-…`.
    InstanceId
    /// An elastic network interface, `eni-…`.
    InterfaceId
    /// A security group, `sg-…`.
    GroupId
    /// A VPC, `vpc-…`.
    VpcId
    /// A subnet, `subnet-…`.
    SubnetId
    /// A network ACL, `acl-…`.
    AclId
    /// An association of a subnet and a network ACL, `aclassoc-…`.
    AclAssociationId
    /// An EBS volume, `vol-…`.
    VolumeId
    /// An EBS snapshot, `snap-…`.
    SnapshotId
    /// A machine image, `ami-…`.
    ImageId
    /// An Elastic IP address, `eipalloc-…`.
    AllocationId
    /// An association of an instance and an instance profile, `iip-assoc-…`.
    ProfileAssociationId
    /// An Auto Scaling group's name.
    ScalingGroupName
    /// A role's friendly name, without its path.
    RoleName
    /// An Amazon resource name.
    Arn
}

impl Arn {
    /// The part of an ARN between the n-th and the next colon; empty when there is none.
    fn part(&self, n: usize) -> &str {
        self.0.splitn(6, ':').nth(n).unwrap_or("")
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The account in the ARN, empty for some services.
    pub fn account(&self) -> AccountId {
        AccountId::new(self.part(4))
    }

    /// The last path element of the resource: the friendly name of a role, profile or key,
    /// whatever path stands before it.
    pub fn name(&self) -> &str {
        self.part(5).rsplit('/').next().unwrap_or("")
    }
}

impl InstanceId {
    /// Reads an instance id typed by a person: `i-` and 8 or 17 hexadecimal digits
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>).
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("i-")?;
        let hexadecimal = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (hexadecimal && matches!(digits.len(), 8 | 17)).then(|| Self::new(text))
    }
}

impl CaseId {
    /// Reads a case name typed by a person.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let shaped = !text.is_empty() && text.len() <= 64 && !text.starts_with('.');
        (shaped && text.bytes().all(allowed)).then(|| Self::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_with_a_path_gives_the_friendly_name() {
        let arn = Arn::from("arn:aws-us-gov:iam::111111111111:role/team/app/web");
        assert_eq!((arn.partition(), arn.name()), ("aws-us-gov", "web"));
        assert_eq!(arn.account(), AccountId::from("111111111111"));
    }

    #[test]
    fn instance_ids_are_checked() {
        assert!(InstanceId::parse("i-0123456789abcdef0").is_some());
        assert!(InstanceId::parse("i-12345678").is_some());
        for wrong in ["", "i-", "i-123", "vol-12345678", "i-0123456789ABCDEF0", "i-0123456789abcdef0 "] {
            assert!(InstanceId::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn case_names_cannot_leave_their_folder() {
        assert!(CaseId::parse("2026-11-21.web_1").is_some());
        for wrong in ["", ".", "..", "a/b", "a b", &"x".repeat(65)] {
            assert!(CaseId::parse(wrong).is_none(), "{wrong}");
        }
    }
}
