//! `ringfence top` in a real terminal: tmux on a socket of its own, and an agent that serves the control socket.
//! Needs tmux and the built binary; where one is missing, these tests fail and say what brings it.

mod agent;
mod ends;
mod view;
