//! The profile association and the deny after an effect.

use super::{Predicted, first};
use crate::effect::{Effect, SourceEffect as E};
use crate::id::{Arn, InstanceId, ProfileAssociationId};
use crate::query::{Query, SourceQuery as S};
use crate::reading::{Made, Reading};
use crate::scene::identity::ProfileAssociation;

/// The reading after one effect.
pub fn after(query: &Query, mut reading: Reading, predicted: &Predicted) -> Reading {
    let (Query::Source(query), Effect::Source(effect)) = (query, &predicted.effect) else { return reading };
    match (&mut reading, query) {
        (Reading::Associations(associations), S::ProfileAssociations(instance)) => {
            of_associations(associations, instance, effect, &predicted.made);
        }
        (Reading::Policy(document), S::RolePolicy(role, name)) => match effect {
            E::PutRolePolicy { role: r, name: n, document: new } if r == role && n == name => {
                *document = Some(new.clone())
            }
            E::DeleteRolePolicy { role: r, name: n } if r == role && n == name => *document = None,
            _ => {}
        },
        _ => {}
    }
    reading
}

fn of_associations(associations: &mut Vec<ProfileAssociation>, instance: &InstanceId, effect: &E, made: &Made) {
    let new = |profile: &Arn| ProfileAssociation {
        id: ProfileAssociationId::from(first(made)),
        instance: instance.clone(),
        profile: profile.clone(),
        state: "associated".into(),
    };
    match effect {
        E::DisassociateProfile { association } => associations.retain(|a| a.id != *association),
        E::ReplaceProfile { association, profile } => {
            associations.retain(|a| a.id != *association);
            associations.push(new(profile));
        }
        E::AssociateProfile { profile, .. } => associations.push(new(profile)),
        _ => {}
    }
}
