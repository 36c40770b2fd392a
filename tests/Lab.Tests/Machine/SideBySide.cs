// Machines mostly wait: three at a time take two processors no further than two take one, and a third of the time less.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
