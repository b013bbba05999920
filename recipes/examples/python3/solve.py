import numpy

a = numpy.array([[2.0, 1.0], [1.0, 3.0]])
print(numpy.linalg.solve(a, numpy.array([3.0, 5.0])).round(6))
