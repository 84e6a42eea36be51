"""Other aircraft as receivers on the local network report them: GDL90 and SBS/BaseStation."""
