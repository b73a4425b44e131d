import sys

from registry.store.migrations import write_next

write_next(sys.argv[1])
