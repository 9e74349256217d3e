"""Every call of a tool, kept: a queue in memory, a thread that writes, a spool on disk. Design section 6."""
