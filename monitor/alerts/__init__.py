"""Who is told what, and when: policy decides, message words it, send delivers it."""
