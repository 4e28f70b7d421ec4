//! The results that both ends send.

use serde_json::Value;

use super::object::Object;
use super::parameters::EXTENSION;
use crate::json::Json;
use crate::throughput::report::Watch;

/// What one end measured.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Results {
    /// Processor time of this end.
    pub cpu: CpuUse,
    /// Whether the sender told of retransmissions: -1 from an end that only receives, else 0 or 1.
    pub sender_has_retransmits: i64,
    /// The TCP congestion control of this end.
    pub congestion_used: Option<String>,
    /// What the server printed, if the client asked for it.
    pub server_output: Option<ServerOutput>,
    /// One for each stream that this end knows.
    pub streams: Vec<StreamResult>,
}

/// Processor time as a percentage of one processor over the test.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CpuUse {
    /// User and system together.
    pub total: f64,
    /// In user space.
    pub user: f64,
    /// In the kernel.
    pub system: f64,
}

/// What a server printed of a test.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum ServerOutput {
    /// Lines of text.
    Text(String),
    /// The JSON of a server that runs with `-J`.
    Json(Value),
}

/// What one end measured of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamResult {
    /// See [`stream_id`].
    pub id: i64,
    /// Payload octets that this end sent or received after the omitted time.
    pub bytes: u64,
    /// Segments retransmitted after the omitted time; -1 where this end does not know.
    pub retransmits: i64,
    /// Of the receiver: seconds.
    pub jitter: f64,
    /// Of the receiver: datagrams lost, those of the omitted time too.
    pub errors: i64,
    /// The part of them in the omitted time; not told before 3.14.
    pub omitted_errors: Option<i64>,
    /// Datagrams sent or, by the receiver, the highest sequence number; those of the omitted time too.
    pub packets: i64,
    /// The part of them in the omitted time; not told before 3.14.
    pub omitted_packets: Option<i64>,
    /// Seconds; zero; not told before 3.2.
    pub start_time: Option<f64>,
    /// How long this end measured, in seconds.
    pub end_time: Option<f64>,
    /// What this end saw of the stream; told to those of this library alone.
    pub watch: Option<Watch>,
}

/// The number of the stream that was made as the `index`th, from 0: 1, 3, 4, 5 and so on, as both ends count.
#[must_use]
pub fn stream_id(index: usize) -> i64 {
    match index {
        0 => 1,
        _ => i64::try_from(index).unwrap_or(i64::MAX - 2) + 2,
    }
}

impl Results {
    /// The JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Json::default();
        json.begin_object();
        json.key("cpu_util_total").number(finite(self.cpu.total));
        json.key("cpu_util_user").number(finite(self.cpu.user));
        json.key("cpu_util_system").number(finite(self.cpu.system));
        json.key("sender_has_retransmits").number(self.sender_has_retransmits);
        if let Some(name) = &self.congestion_used {
            json.key("congestion_used").string(name.as_bytes());
        }
        match &self.server_output {
            Some(ServerOutput::Text(text)) => json.key("server_output_text").string(text.as_bytes()),
            Some(ServerOutput::Json(value)) => json.key("server_output_json").number(value),
            None => {}
        }
        json.key("streams").begin_array();
        for stream in &self.streams {
            stream.write(&mut json);
        }
        json.end_array();
        json.end_object();
        json.take()
    }

    /// Reads the object; what is missing, or has another type, is told by its key.
    pub(super) fn parse(octets: &[u8]) -> Result<Self, String> {
        let mut object = Object::parse(octets)?;
        let cpu = CpuUse {
            total: required(&object, "cpu_util_total")?,
            user: required(&object, "cpu_util_user")?,
            system: required(&object, "cpu_util_system")?,
        };
        let sender_has_retransmits = required(&object, "sender_has_retransmits")? as i64;
        let congestion_used = object.text("congestion_used").map(str::to_owned);
        let text = object.text("server_output_text").map(|text| ServerOutput::Text(text.to_owned()));
        let server_output = text.or_else(|| object.take("server_output_json").map(ServerOutput::Json));
        let Some(Value::Array(list)) = object.take("streams") else { return Err("streams are missing".to_owned()) };
        if list.len() > MAX_STREAMS {
            return Err(format!("{} streams are more than there can be", list.len()));
        }
        let streams = list.into_iter().map(StreamResult::parse).collect::<Result<_, _>>()?;
        Ok(Self { cpu, sender_has_retransmits, congestion_used, server_output, streams })
    }

    /// The result of the stream with this number.
    #[must_use]
    pub fn stream(&self, id: i64) -> Option<&StreamResult> {
        self.streams.iter().find(|stream| stream.id == id)
    }
}

impl StreamResult {
    fn write(&self, json: &mut Json) {
        json.begin_object();
        json.key("id").number(self.id);
        json.key("bytes").number(self.bytes);
        json.key("retransmits").number(self.retransmits);
        json.key("jitter").number(finite(self.jitter));
        json.key("errors").number(self.errors);
        if let Some((errors, packets)) = self.omitted_errors.zip(self.omitted_packets) {
            json.key("omitted_errors").number(errors);
            json.key("packets").number(self.packets);
            json.key("omitted_packets").number(packets);
        } else {
            json.key("packets").number(self.packets);
        }
        for (key, time) in [("start_time", self.start_time), ("end_time", self.end_time)] {
            if let Some(time) = time {
                json.key(key).number(finite(time));
            }
        }
        if let Some(watch) = &self.watch {
            watch.write(json.key(EXTENSION));
        }
        json.end_object();
    }

    fn parse(value: Value) -> Result<Self, String> {
        let object = Object::from_value(value).ok_or_else(|| "a stream is not an object".to_owned())?;
        let whole = |key| required(&object, key).map(|_| object.integer(key).unwrap_or(0));
        let omitted = |key| object.number(key).map(|_| object.integer(key).unwrap_or(0));
        // One without the other says nothing.
        let omitted = omitted("omitted_errors").zip(omitted("omitted_packets"));
        Ok(Self {
            id: whole("id")?,
            bytes: u64::try_from(whole("bytes")?).unwrap_or(0),
            retransmits: whole("retransmits")?,
            jitter: required(&object, "jitter")?,
            errors: whole("errors")?,
            omitted_errors: omitted.map(|(errors, _)| errors),
            packets: whole("packets")?,
            omitted_packets: omitted.map(|(_, packets)| packets),
            start_time: object.number("start_time"),
            end_time: object.number("end_time"),
            watch: object.get(EXTENSION).filter(|watch| watch.is_object()).map(Watch::parse),
        })
    }
}

fn required(object: &Object, key: &str) -> Result<f64, String> {
    object.number(key).ok_or_else(|| format!("{key} is missing"))
}

/// JSON has no other numbers.
fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

/// Both directions of the most that can be asked for.
const MAX_STREAMS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_historic_hole() {
        assert_eq!((0..5).map(stream_id).collect::<Vec<_>>(), [1, 3, 4, 5, 6]);
    }

    #[test]
    fn results_read_what_they_write() {
        let stream = StreamResult {
            id: 3,
            bytes: 1 << 52,
            retransmits: -1,
            jitter: 3.494140625e-06,
            errors: 7,
            omitted_errors: Some(2),
            packets: 1000,
            omitted_packets: Some(100),
            start_time: Some(0.0),
            end_time: Some(1.000119),
            watch: None,
        };
        let results = Results {
            cpu: CpuUse { total: 22.430287441000925, user: f64::NAN, system: 22.25 },
            sender_has_retransmits: -1,
            congestion_used: Some("bbr".to_owned()),
            server_output: Some(ServerOutput::Text("a\n\"b\"".to_owned())),
            streams: vec![stream],
        };
        let text = results.to_json();
        assert_eq!(
            text,
            r#"{"cpu_util_total":22.430287441000925,"cpu_util_user":0,"cpu_util_system":22.25,"sender_has_retransmits":-1,"congestion_used":"bbr","server_output_text":"a\n\"b\"","streams":[{"id":3,"bytes":4503599627370496,"retransmits":-1,"jitter":0.000003494140625,"errors":7,"omitted_errors":2,"packets":1000,"omitted_packets":100,"start_time":0,"end_time":1.000119}]}"#
        );
        let read = Results::parse(text.as_bytes()).unwrap();
        assert_eq!(read.cpu.user, 0.0);
        assert_eq!((read.streams.clone(), read.server_output.clone()), (results.streams, results.server_output));
        assert_eq!(read.stream(3), Some(&stream));
        assert_eq!(read.stream(1), None);
    }

    #[test]
    fn old_results_have_no_times_and_no_omitted() {
        let old = r#"{"cpu_util_total":1,"cpu_util_user":1,"cpu_util_system":0,"sender_has_retransmits":1,"streams":[{"id":1,"bytes":10,"retransmits":0,"jitter":0,"errors":0,"packets":0}]}"#;
        let read = Results::parse(old.as_bytes()).unwrap();
        assert_eq!((read.streams[0].end_time, read.streams[0].omitted_errors), (None, None));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, named) in [
            ("{}", "cpu_util_total"),
            (r#"{"cpu_util_total":1,"cpu_util_user":1,"cpu_util_system":0,"sender_has_retransmits":1}"#, "streams"),
            (
                r#"{"cpu_util_total":1,"cpu_util_user":1,"cpu_util_system":0,"sender_has_retransmits":1,"streams":[{}]}"#,
                "id",
            ),
            (
                r#"{"cpu_util_total":null,"cpu_util_user":1,"cpu_util_system":0,"sender_has_retransmits":1}"#,
                "cpu_util_total",
            ),
        ] {
            assert!(Results::parse(text.as_bytes()).unwrap_err().contains(named), "{text}");
        }
    }
}
