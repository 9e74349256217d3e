"""A team's webhook: events wait in an outbox and a courier takes them there. Security 9."""
