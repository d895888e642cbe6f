use super::{Action, Field, Flow, Format, Status};
use proptest::prelude::{Just, Strategy, any, prop, proptest};

const LINE: &str = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";

#[test]
fn every_field_is_found_by_its_name_and_stands_at_its_place() {
    for (place, field) in Field::ALL.into_iter().enumerate() {
        assert_eq!(Field::named(field.name()), Some(field));
        assert_eq!(field as usize, place);
    }
}

#[test]
fn a_line_in_the_default_format_is_typed() {
    let flow = Flow::parse(LINE, &Format::default()).expect("a documented line");
    assert_eq!(flow.source().expect("an address").to_string(), "172.31.16.139");
    assert_eq!(flow.typed(Field::DestinationPort), Some(22_u16));
    assert_eq!(flow.start().expect("a time").to_string(), "2014-12-14T04:06:50Z");
    assert_eq!((flow.action(), flow.status()), (Some(Action::Accept), Some(Status::Ok)));
    assert_eq!(flow.get(Field::Instance), None);
}

#[test]
fn which_way_traffic_goes_is_told_by_the_line_or_by_its_ends() {
    let leaves = |ends: &str| {
        let format = Format::of_header("srcaddr dstaddr flow-direction").expect("a header");
        Flow::parse(ends, &format).expect("a line").leaves()
    };
    assert_eq!(leaves("10.0.0.5 203.0.113.9 -"), Some(true));
    assert_eq!(leaves("203.0.113.9 100.64.0.5 -"), Some(false));
    assert_eq!(leaves("10.0.0.5 172.31.0.9 -"), None);
    assert_eq!(leaves("2001:db8::5 2001:db8::9 -"), None);
    assert_eq!(leaves("10.0.0.5 172.31.0.9 egress"), Some(true));
    assert_eq!(leaves("10.0.0.5 203.0.113.9 ingress"), Some(false), "what the line says counts");
    assert_eq!(leaves("- - -"), None);
}

#[test]
fn a_line_without_traffic_says_so() {
    for (word, status) in [("NODATA", Status::NoData), ("SKIPDATA", Status::SkipData)] {
        let line = format!("2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - {word}");
        let flow = Flow::parse(&line, &Format::default()).expect("a documented line");
        assert_eq!((flow.status(), flow.source(), flow.action()), (Some(status), None, None));
    }
}

#[test]
fn a_header_may_have_fields_that_nobody_knows_yet() {
    let format = Format::of_header("instance-id srcaddr dstaddr shoe-size").expect("a header");
    let flow = Flow::parse("i-0123456789abcdef0 10.0.0.1 10.0.0.2 44", &format).expect("a line");
    assert_eq!(flow.get(Field::Instance), Some("i-0123456789abcdef0"));
    assert_eq!(Format::of_header(LINE), None);
    assert_eq!(Format::of_header("region eu-west-1 is far away"), None);
}

#[test]
fn a_configured_format_names_the_field_that_does_not_exist() {
    let error = "${version} ${shoe-size}".parse::<Format>().expect_err("no such field");
    assert!(error.to_string().contains("shoe-size"));
}

#[test]
fn a_line_that_does_not_fit_is_refused() {
    for line in ["", "2", &LINE.replace("20641", "many"), &LINE.replace("172.31.16.139", "here"), &format!("{LINE} OK")]
    {
        Flow::parse(line, &Format::default()).expect_err(line);
    }
}

/// A value that the field can hold, or none.
fn value(field: Field) -> impl Strategy<Value = String> {
    let some = match field.shape() {
        super::Shape::Number => any::<u64>().prop_map(|number| number.to_string()).boxed(),
        super::Shape::Address => any::<std::net::IpAddr>().prop_map(|address| address.to_string()).boxed(),
        super::Shape::Text => "[A-Za-z0-9:/._]{1,20}".boxed(),
    };
    proptest::prop_oneof![4 => some, 1 => Just("-".to_owned())]
}

fn line_with_fields() -> impl Strategy<Value = (Vec<Field>, String)> {
    let all = Just(Field::ALL.to_vec()).prop_shuffle();
    (all, 1..=Field::ALL.len()).prop_flat_map(|(mut fields, count)| {
        fields.truncate(count);
        let values: Vec<_> = fields.iter().map(|field| value(*field)).collect();
        (Just(fields), values.prop_map(|values| values.join(" ")))
    })
}

proptest! {
    #[test]
    fn printing_what_was_parsed_gives_the_line_in_any_order_of_fields((fields, line) in line_with_fields()) {
        let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
        let by_header = Format::of_header(&names.join(" ")).expect("a header");
        let dollars: Vec<_> = names.iter().map(|name| format!("${{{name}}}")).collect();
        let configured: Format = dollars.join(" ").parse().expect("a format");
        assert_eq!(by_header, configured);
        assert_eq!(Flow::parse(&line, &by_header).expect("a line").print(&configured), line);
    }

    #[test]
    fn no_line_makes_it_panic(line in prop::string::string_regex(".{0,200}").expect("a pattern")) {
        let _ = Flow::parse(&line, &Format::default());
        let _ = Format::of_header(&line);
    }
}
