"""Rules of events on their way out: what is subscribed to, how it is signed, and when to give up."""
