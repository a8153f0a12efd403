"""One compiled call: the state, the step that moves it, and where it runs."""
