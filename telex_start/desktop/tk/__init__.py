"""What all windows share (Tk): their look, their place, tooltips, and the way into their loop."""
